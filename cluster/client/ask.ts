/**
 * Asks an endpoint in JSON. Whatever fails by chance (nobody answers yet, a node is busy, the store has no leader) is
 * asked again until the time is over: everything that services answer may be asked twice.
 */
import { errors, headers } from "@nats-io/nats-core";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import {
  decodeError,
  isObject,
  systemClock,
  type Clock,
  type MyriadError,
} from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";

export interface AskOptions {
  /** Milliseconds for everything. */
  readonly timeoutMs: number;
  /** Asked once, and no more when that fails; default: false. */
  readonly once?: boolean;
  readonly clock?: Clock;
}

const ONE_TRY_MS = 5_000;
const AGAIN_MS = 200;
const ERROR_CODE_HEADER = "Nats-Service-Error-Code";
const AGAIN_STATUS = 503;

/** @throws SERVICE_SILENT, SERVICE_FORBIDDEN, SERVICE_REPLY_INVALID, and what the service answers by its code */
export async function askService(
  connection: NatsConnection,
  subject: string,
  request: object,
  { timeoutMs, once = false, clock = systemClock }: AskOptions,
): Promise<unknown> {
  const data = JSON.stringify(request);
  const endsAt = clock.monotonic() + timeoutMs;
  for (;;) {
    const leftMs = endsAt - clock.monotonic();
    const tryMs = once ? timeoutMs : Math.max(1, Math.min(leftMs, ONE_TRY_MS));
    const outcome = await tried(connection, subject, data, tryMs);
    if ("value" in outcome) return outcome.value;
    if (once || !outcome.again || clock.monotonic() + AGAIN_MS >= endsAt) throw outcome.error;
    await new Promise<void>((resolve) => clock.schedule(AGAIN_MS, resolve));
  }
}

type Outcome = { readonly value: unknown } | { readonly error: MyriadError; readonly again: boolean };

async function tried(
  connection: NatsConnection,
  subject: string,
  data: string,
  timeout: number,
): Promise<Outcome> {
  const given = headers();
  given.set("Content-Type", "application/json");
  try {
    return outcomeOf(subject, await connection.request(subject, data, { timeout, headers: given }));
  } catch (cause) {
    if (isForbidden(cause) || (cause instanceof Error && isForbidden(cause.cause))) {
      const what = `this connection has no right to ask ${subject}`;
      return { error: clusterError("SERVICE_FORBIDDEN", what, { cause }), again: false };
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = clusterError("SERVICE_SILENT", `nobody answered at ${subject}: ${why}`, { cause });
    return { error, again: !connection.isClosed() };
  }
}

const isForbidden = (thrown: unknown): boolean => thrown instanceof errors.PermissionViolationError;

function outcomeOf(subject: string, message: Msg): Outcome {
  const status = Number(message.headers?.get(ERROR_CODE_HEADER) ?? "");
  try {
    const value: unknown = message.json();
    if (status === 0) return { value };
    const error = errorIn(value);
    if (error !== null) return { error, again: status === AGAIN_STATUS };
  } catch {
    // Said below.
  }
  const what = `what answers at ${subject} is none of these services`;
  return { error: clusterError("SERVICE_REPLY_INVALID", what), again: false };
}

/** null: it is none. */
function errorIn(value: unknown): MyriadError | null {
  if (!isObject(value)) return null;
  const { code, message, fault, hint, location } = value as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || typeof message !== "string" || !isFault(fault)) return null;
  return decodeError({
    code,
    message,
    fault,
    hint: textOf(hint),
    location: textOf(location),
    stack: null,
    cause: null,
  });
}

function isFault(given: unknown): given is MyriadError["fault"] {
  return given === "input" || given === "rejected" || given === "internal" || given === "interrupted";
}

const textOf = (given: unknown): string | null => (typeof given === "string" ? given : null);
