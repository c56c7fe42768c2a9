/**
 * Bodies of requests and replies: JSON, or MessagePack where the header `Content-Type` says so; the reply comes in
 * the form of the request. What comes is a stranger's: too large, too deep or broken, it is refused by a code.
 */
import { Packr } from "msgpackr";
import { clusterError } from "../errors.ts";
import { readMsgpack } from "./msgpack.ts";

export type ContentType = "application/json" | "application/msgpack";

/** Of a request, in bytes. */
export const MOST_REQUEST_BYTES: number = 512 * 1024;
/** How deep lists and objects of a request may be nested. */
export const MOST_DEPTH = 64;

/** As a header says it: parameters and case do not count. @throws REQUEST_TYPE_UNKNOWN */
export function contentTypeOf(header: string): ContentType {
  const type = header.replace(/;.*$/s, "").trim().toLowerCase();
  if (type === "" || type === "application/json") return "application/json";
  if (type === "application/msgpack" || type === "application/x-msgpack") return "application/msgpack";
  throw clusterError("REQUEST_TYPE_UNKNOWN", "bodies are application/json or application/msgpack", {
    location: "Content-Type",
  });
}

/** An empty body is an empty object. @throws REQUEST_TOO_LARGE, REQUEST_UNREADABLE */
export function readBody(bytes: Uint8Array, type: ContentType): unknown {
  if (bytes.length > MOST_REQUEST_BYTES) {
    const what = `a request of ${bytes.length} bytes; the most is ${MOST_REQUEST_BYTES}`;
    throw clusterError("REQUEST_TOO_LARGE", what);
  }
  if (bytes.length === 0) return {};
  try {
    return type === "application/json" ? readJson(bytes) : readMsgpack(bytes, MOST_DEPTH);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw clusterError("REQUEST_UNREADABLE", `the request is no ${type}: ${why}`, { cause });
  }
}

const PACKER = new Packr({ useRecords: false, variableMapSize: true });

/** Both forms hold the same: what JSON has no words for is null or absent. */
export function writeBody(value: unknown, type: ContentType): Uint8Array {
  const json = JSON.stringify(value ?? null);
  return type === "application/json" ? Buffer.from(json) : PACKER.pack(JSON.parse(json));
}

const TEXT = new TextDecoder("utf-8", { fatal: true });

function readJson(bytes: Uint8Array): unknown {
  const text = TEXT.decode(bytes);
  requireShallow(text);
  return JSON.parse(text) as unknown;
}

/** Before it is parsed, since whatever walks through a deep value later does so by recursion. */
function requireShallow(text: string): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (isText) {
      if (sign === "\\") at++;
      else if (sign === '"') isText = false;
    } else if (sign === '"') isText = true;
    else if (sign === "[" || sign === "{") depth++;
    else if (sign === "]" || sign === "}") depth--;
    if (depth > MOST_DEPTH) throw new Error(`it is nested deeper than ${MOST_DEPTH}`);
  }
}
