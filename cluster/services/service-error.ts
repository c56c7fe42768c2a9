/**
 * Errors of services: by the headers of NATS micro-services, `Nats-Service-Error-Code` (a number as in HTTP) and
 * `Nats-Service-Error` (words for people), and a body in the form of `WireError`, whose `code` is what programs
 * tell errors by. Stacks and causes stay on the node.
 */
import { encodeError, UNEXPECTED } from "../../runtime/contracts/index.ts";
import type { Fault, WireError } from "../../runtime/contracts/index.ts";

export const ERROR_HEADER = "Nats-Service-Error";
export const ERROR_CODE_HEADER = "Nats-Service-Error-Code";

const BY_CODE: Readonly<Partial<Record<string, number>>> = {
  REQUEST_TOO_LARGE: 413,
  REQUEST_TYPE_UNKNOWN: 415,
  JOB_UNKNOWN: 404,
  JOB_CONFLICT: 409,
  JOB_ENDED: 409,
  JOB_NOT_ENDED: 409,
  JOB_NOT_WAITING: 409,
  SERVICE_BUSY: 503,
  STORE_UNAVAILABLE: 503,
  JOB_NODE_AWAY: 504,
};

const BY_FAULT: Readonly<Record<Fault, number>> = {
  input: 400,
  rejected: 409,
  internal: 500,
  interrupted: 503,
};

/** Worth asking again in a moment: nothing is wrong with the request. */
export const AGAIN_STATUS = 503;

/** As in HTTP. */
export function statusOf({ code, fault }: Pick<WireError, "code" | "fault">): number {
  return BY_CODE[code] ?? BY_FAULT[fault];
}

/** What a client may know of it: of a fault of the node's own no more than that. */
export function publicError(thrown: unknown): WireError {
  const wire = { ...encodeError(thrown), stack: null, cause: null };
  return wire.code === UNEXPECTED ? { ...wire, message: "the node could not answer" } : wire;
}

const MOST_WORDS = 500;

/** A header is one line. */
export function headerText(message: string): string {
  return message.replace(/[^\x20-\x7E]+/g, " ").slice(0, MOST_WORDS);
}
