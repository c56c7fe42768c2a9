/**
 * An address names one life of one actor: `node/path#incarnation`, e.g. `local/sessions/a1#17`.
 *
 * - node: one segment. path: one segment or more, parted by `/`. incarnation: a whole number from 1.
 * - A segment is 1 to 200 of: letters, digits and `. _ ~ $ @ : + = % ! * ' ( ) -` (all that
 *   `encodeURIComponent` gives is allowed, so any text can be made a segment).
 * - Two addresses are the same actor exactly when their texts are equal. An actor that is restarted keeps
 *   its address; one spawned again under the same name gets a new incarnation.
 */
import { isText, shown } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";

/** The first segment of an address. */
export type NodeName = string & { readonly brand: "NodeName" };
/** Names from the top-level actor down, parted by slashes. */
export type ActorPath = string & { readonly brand: "ActorPath" };
/** Tells one spawn under a path from the next; a whole number from 1. */
export type Incarnation = number & { readonly brand: "Incarnation" };
/** The text form, made by `formatAddress`. */
export type Address = string & { readonly brand: "Address" };

/** An address, taken apart. */
export interface AddressParts {
  readonly node: NodeName;
  readonly path: ActorPath;
  readonly incarnation: Incarnation;
}

const SEGMENT = /^[A-Za-z0-9._~$@:+=%!*'()-]{1,200}$/;
const WHOLE_NUMBER = /^[1-9][0-9]{0,15}$/;

/**
 * Checks the parts of an address.
 * @throws ADDRESS_INVALID
 */
export function makeAddress(node: string, path: string, incarnation: number): AddressParts {
  const valid =
    isSegment(node) &&
    isText(path) &&
    path.split("/").every(isSegment) &&
    Number.isSafeInteger(incarnation) &&
    incarnation > 0;
  if (!valid) throw invalid({ node, path, incarnation });
  return { node: node as NodeName, path: path as ActorPath, incarnation: incarnation as Incarnation };
}

/**
 * Takes an address apart.
 * @throws ADDRESS_INVALID
 */
export function parseAddress(text: string): AddressParts {
  if (!isText(text)) throw invalid(text);
  const hash = text.lastIndexOf("#");
  const slash = text.indexOf("/");
  const incarnation = text.slice(hash + 1);
  if (slash < 0 || hash < slash || !WHOLE_NUMBER.test(incarnation)) throw invalid(text);
  return makeAddress(text.slice(0, slash), text.slice(slash + 1, hash), Number(incarnation));
}

/** The text of an address: `parseAddress` gives the same parts again. */
export function formatAddress(parts: AddressParts): Address {
  return `${parts.node}/${parts.path}#${parts.incarnation}` as Address;
}

/** What an actor is called whose spawner gave it no name. */
export function automaticName(number: number): string {
  return `$${number}`;
}

/** Whether it is a text that can stand between two slashes of an address. */
export function isSegment(given: unknown): given is string {
  return typeof given === "string" && SEGMENT.test(given);
}

function invalid(given: unknown): Error {
  return runtimeError("ADDRESS_INVALID", `Not an actor address: ${shown(given)}`);
}
