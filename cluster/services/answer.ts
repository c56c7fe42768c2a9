/** One request's way: read, checked, answered, written. Whatever comes, there is an answer, and nothing is thrown. */
import type { WireError } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { contentTypeOf, readBody, writeBody, type ContentType } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { checkerOf, type Mismatch } from "./schema.ts";
import { publicError } from "./service-error.ts";

export interface Request {
  /** The header `Content-Type`; empty: none. */
  readonly contentType: string;
  readonly data: Uint8Array;
}

export interface Answer {
  readonly type: ContentType;
  readonly data: Uint8Array;
  /** null: it is the reply that was asked for. */
  readonly error: WireError | null;
  /** What was thrown in its words, for the node's own statistics. */
  readonly cause: string | null;
}

/** @returns what answers the endpoint's requests. */
export function answererOf(
  endpoint: Endpoint,
  mostReplyBytes: () => number,
): (request: Request) => Promise<Answer> {
  const check = checkerOf(endpoint.request);
  return async ({ contentType, data }) => {
    let type: ContentType = "application/json";
    try {
      type = contentTypeOf(contentType);
      const request = readBody(data, type);
      requireForm(check(request));
      const reply = writeBody(await endpoint.answer(request), type);
      requireRoom(reply.length, mostReplyBytes());
      return { type, data: reply, error: null, cause: null };
    } catch (thrown) {
      return failed(thrown, type);
    }
  };
}

/** What a request is answered by that was not even looked at. */
export function failed(thrown: unknown, type: ContentType = "application/json"): Answer {
  const error = publicError(thrown);
  const cause = `${error.code}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return { type, data: writeBody(error, type), error, cause };
}

function requireForm(mismatch: Mismatch | null): void {
  if (mismatch === null) return;
  const { path, what } = mismatch;
  const location = path === "" ? "the request" : path;
  throw clusterError("REQUEST_INVALID", `${location} ${what}`, { location });
}

function requireRoom(size: number, most: number): void {
  if (size > most) throw clusterError("REPLY_TOO_LARGE", `a reply of ${size} bytes; the most is ${most}`);
}
