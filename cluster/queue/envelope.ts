/**
 * The envelope of every message between agents, as JSON: what it is, from whom, for whom, and how long it is worth
 * anything. What comes from another node is looked at field by field; fields that a newer minor version has added
 * are kept, and another major version is not read at all.
 *
 * `auth_token` is for the way to a node only: it is never part of what is stored.
 */
import { randomUUID } from "node:crypto";
import { isBetween, isObject, isText, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";

/** What an envelope can be about. */
export type MessageType =
  | "task_request"
  | "task_response"
  | "event_notification"
  | "heartbeat"
  | "error"
  | "task_announcement"
  | "task_award"
  | "task_rejected"
  | "task_bid";

/** A message between agents. */
export interface Envelope {
  /** Letters, digits and `._:-`, 128 at most, as all ids here; the same one is taken once. */
  readonly message_id: string;
  readonly conversation_id: string;
  /** `1.<minor>.<patch>` is read here. */
  readonly schema_version: string;
  /** When it was made: ISO 8601, UTC. */
  readonly timestamp: string;
  readonly sender_id: string;
  readonly receiver_id: string;
  readonly message_type: MessageType;
  /** 0 to 9; the higher ones go first. */
  readonly priority: number;
  /** Seconds from its timestamp on in which it is worth anything. */
  readonly ttl_seconds: number;
  /** Never stored. */
  readonly auth_token?: string;
  readonly payload: EnvelopePayload;
  readonly metadata: EnvelopeMetadata;
}

/** What an envelope carries. */
export interface EnvelopePayload {
  readonly task_id: string;
  readonly task_type: string;
  /** Anything that JSON can hold. */
  readonly data: unknown;
}

/** How an envelope has fared. */
export interface EnvelopeMetadata {
  /** How often it has been tried before. */
  readonly retry_count: number;
  readonly parent_message_id?: string;
  readonly trace_id: string;
}

/** What must be said of a new envelope; the rest has defaults. */
export interface NewEnvelope {
  readonly sender_id: string;
  readonly receiver_id: string;
  /** Default: `task_request`. */
  readonly message_type?: MessageType;
  readonly payload: EnvelopePayload;
  /** Default: a new UUID. */
  readonly message_id?: string;
  /** Default: a new UUID. */
  readonly conversation_id?: string;
  /** Default: 5. */
  readonly priority?: number;
  /** Default: 300. */
  readonly ttl_seconds?: number;
  readonly auth_token?: string;
  readonly parent_message_id?: string;
  /** Default: the conversation's id. */
  readonly trace_id?: string;
}

/** What was found where an envelope should be. */
export type ReadEnvelope =
  | { readonly kind: "envelope"; readonly envelope: Envelope }
  /** `given`: what there is of it, as JSON; null: it is none. */
  | { readonly kind: "refused"; readonly reason: string; readonly given: unknown };

/** The version of envelopes that are made here. */
export const ENVELOPE_VERSION = "1.0.0";

const MESSAGE_TYPES: ReadonlySet<unknown> = new Set<MessageType>([
  "task_request",
  "task_response",
  "event_notification",
  "heartbeat",
  "error",
  "task_announcement",
  "task_award",
  "task_rejected",
  "task_bid",
]);
const ID = /^[\w.:-]{1,128}$/;
const VERSION = /^(\d{1,6})\.\d{1,6}\.\d{1,6}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const HIGHEST_PRIORITY = 9;

/** @throws ENVELOPE_INVALID */
export function makeEnvelope(given: NewEnvelope, clock: Clock): Envelope {
  const conversation = given.conversation_id ?? randomUUID();
  const { auth_token: token, parent_message_id: parent } = given;
  const envelope: Envelope = {
    message_id: given.message_id ?? randomUUID(),
    conversation_id: conversation,
    schema_version: ENVELOPE_VERSION,
    timestamp: new Date(clock.now()).toISOString(),
    sender_id: given.sender_id,
    receiver_id: given.receiver_id,
    message_type: given.message_type ?? "task_request",
    priority: given.priority ?? 5,
    ttl_seconds: given.ttl_seconds ?? 300,
    ...(token === undefined ? {} : { auth_token: token }),
    payload: given.payload,
    metadata: {
      retry_count: 0,
      ...(parent === undefined ? {} : { parent_message_id: parent }),
      trace_id: given.trace_id ?? conversation,
    },
  };
  checkEnvelope(envelope);
  return envelope;
}

/** @throws ENVELOPE_INVALID, its location the field */
export function checkEnvelope(given: unknown): asserts given is Envelope {
  const field = wrongField(given);
  if (field !== null) throw clusterError("ENVELOPE_INVALID", wrong(field), { location: field });
}

/** As it is stored: everything but the token. @throws ENVELOPE_INVALID for data that JSON cannot hold */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  try {
    const { auth_token: token } = envelope;
    const stored = token === undefined ? envelope : { ...envelope, auth_token: undefined };
    return Buffer.from(JSON.stringify(stored));
  } catch (cause) {
    throw clusterError("ENVELOPE_INVALID", wrong("payload.data"), { cause, location: "payload.data" });
  }
}

/** Never throws, whatever the bytes are. */
export function readEnvelope(data: Uint8Array): ReadEnvelope {
  let given: unknown;
  try {
    given = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
  } catch {
    return { kind: "refused", reason: "it is no JSON", given: null };
  }
  const field = wrongField(given);
  if (field === null) return { kind: "envelope", envelope: given as Envelope };
  const reason = field === "schema_version" ? "its schema_version is none that is known here" : wrong(field);
  return { kind: "refused", reason, given };
}

/** Milliseconds since the epoch from which on it is worth nothing. */
export function expiryOf({ timestamp, ttl_seconds: ttl }: Envelope): number {
  return Date.parse(timestamp) + ttl * 1_000;
}

/** The first field that is not what it should be; null: there is none. The version comes first. */
function wrongField(given: unknown): string | null {
  if (!isObject(given)) return "envelope";
  const it = given as Readonly<Partial<Record<keyof Envelope, unknown>>>;
  if (!isVersion(it.schema_version)) return "schema_version";
  if (!isId(it.message_id)) return "message_id";
  if (!isId(it.conversation_id)) return "conversation_id";
  if (!isTime(it.timestamp)) return "timestamp";
  if (!isName(it.sender_id)) return "sender_id";
  if (!isName(it.receiver_id)) return "receiver_id";
  if (!MESSAGE_TYPES.has(it.message_type)) return "message_type";
  if (!Number.isInteger(it.priority) || !isBetween(it.priority, 0, HIGHEST_PRIORITY)) return "priority";
  if (!isBetween(it.ttl_seconds, 0, Number.MAX_SAFE_INTEGER)) return "ttl_seconds";
  if (it.auth_token !== undefined && it.auth_token !== null && !isText(it.auth_token)) return "auth_token";
  return wrongPayload(it.payload) ?? wrongMetadata(it.metadata);
}

function wrongPayload(given: unknown): string | null {
  if (!isObject(given)) return "payload";
  const { task_id: id, task_type: type } = given as Partial<EnvelopePayload>;
  if (!isId(id)) return "payload.task_id";
  return isName(type) ? null : "payload.task_type";
}

function wrongMetadata(given: unknown): string | null {
  if (!isObject(given)) return "metadata";
  const {
    retry_count: count,
    parent_message_id: parent,
    trace_id: trace,
  } = given as Partial<EnvelopeMetadata>;
  if (!Number.isSafeInteger(count) || count! < 0) return "metadata.retry_count";
  if (parent !== undefined && !isId(parent)) return "metadata.parent_message_id";
  return isId(trace) ? null : "metadata.trace_id";
}

function isVersion(given: unknown): boolean {
  if (given === ENVELOPE_VERSION) return true;
  return isText(given) && VERSION.exec(given)?.[1] === "1";
}

function isId(given: unknown): given is string {
  return isText(given) && ID.test(given);
}

/** Names of agents and kinds of tasks, which the house does not write as ids. */
function isName(given: unknown): given is string {
  return isText(given) && given.length > 0 && given.length <= 256;
}

function isTime(given: unknown): boolean {
  return isText(given) && TIME.test(given) && !Number.isNaN(Date.parse(given));
}

function wrong(field: string): string {
  return `${field} of an envelope is missing or not what it should be`;
}
