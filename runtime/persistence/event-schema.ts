/**
 * How events are kept, and how old ones are read. In the journal an event stands as
 *
 *     { v: version, e: event, id?: the message id of the command that caused it }
 *
 * and before the first event of a new owner, who writes with a fence, stands
 *
 *     { takeover: fence }
 *
 * Code of version n reads an event of version v ≤ n by `upcasters[v]`, `upcasters[v + 1]` … `upcasters[n − 1]`,
 * each of which makes the next version's event of its own. What is in the journal never changes.
 */
import { isFunction, isObject, isThenable, isWhole, type Fence } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";
import { promiseReturned } from "../returned-promise.ts";

/** The version of the events that code writes, and how it reads older ones. */
export interface EventSchema {
  /** Of the events that are written now; a whole number from 1. */
  readonly version: number;
  /** By the version that they take: each gives the event as the next version has it. */
  readonly upcasters: Readonly<Record<number, (event: unknown) => unknown>>;
}

/** An event as it stands in the journal. */
export interface StoredEvent {
  readonly v: number;
  readonly e: unknown;
  readonly id?: string;
}

/** Says that whoever had an older fence writes no more. It changes no state. */
export interface Takeover {
  readonly takeover: Fence;
}

export const FIRST_SCHEMA: EventSchema = { version: 1, upcasters: {} };

/** @throws PERSISTENCE_INVALID when an upcaster is missing between the first version and this one */
export function checkSchema(schema: EventSchema): EventSchema {
  check(isObject(schema), "PERSISTENCE_INVALID", "A schema is an object", schema);
  const { version, upcasters } = schema;
  check(isWhole(version, 1), "PERSISTENCE_INVALID", "version of a schema is a whole number from 1", version);
  check(isObject(upcasters), "PERSISTENCE_INVALID", "upcasters of a schema are an object", upcasters);
  for (let from = 1; from < version; from++) {
    const upcaster = upcasters[from];
    const expected = `The upcaster of events of version ${from} is a function`;
    check(isFunction(upcaster), "PERSISTENCE_INVALID", expected, upcaster);
  }
  return schema;
}

export function storeEvent(schema: EventSchema, event: unknown, id: string | null): StoredEvent {
  return id === null ? { v: schema.version, e: event } : { v: schema.version, e: event, id };
}

/** @throws EVENT_VERSION_UNKNOWN; whatever an upcaster throws, ACTOR_RETURNED_PROMISE when it is asynchronous */
export function readEvent(schema: EventSchema, stored: unknown): unknown {
  const { v, e } = asStored(stored);
  if (v > schema.version) {
    throw runtimeError(
      "EVENT_VERSION_UNKNOWN",
      `An event has version ${v}; this code knows ${schema.version}`,
    );
  }
  let event = e;
  for (let version = v; version < schema.version; version++) {
    event = schema.upcasters[version]!(event);
    if (isThenable(event)) throw promiseReturned(`The upcaster of events of version ${version}`, null, event);
  }
  return event;
}

export function isTakeover(stored: unknown): stored is Takeover {
  return typeof stored === "object" && stored !== null && "takeover" in stored;
}

/** @throws EVENT_VERSION_UNKNOWN for what no event-sourced actor has written */
export function asStored(stored: unknown): StoredEvent {
  const isStored = typeof stored === "object" && stored !== null && "v" in stored && "e" in stored;
  if (isStored && Number.isInteger(stored.v) && (stored.v as number) >= 1) return stored as StoredEvent;
  throw runtimeError("EVENT_VERSION_UNKNOWN", "The stream holds something that is no event with a version");
}
