/**
 * What the cluster asks of JetStream: storing a message, reading one, making streams and consumers.
 *
 * Each of these is tried again, for a bounded time, while no server can carry it out: the connection is lost, a
 * leader is being elected, an answer does not come. So each may be carried out twice, and what is published is to
 * bear that, by an expected sequence or by a message id. A refusal is an answer, and is not tried again.
 */
import { headers } from "@nats-io/nats-core";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { isObject, isText, MyriadError, systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "./connect.ts";
import { RequestMultiplexer, type Asker } from "./request-multiplexer.ts";

/** Why JetStream did not do what it was asked. */
export interface Refusal {
  /** Like those of HTTP. */
  readonly status: number;
  /** JetStream's own, which tells one reason from another. */
  readonly reason: number;
  readonly text: string;
}

/** What became of a message that was published to a stream. */
export type Published =
  | { readonly kind: "stored"; readonly sequence: number; readonly isDuplicate: boolean }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A message as a stream keeps it. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly header: (name: string) => string | null;
  readonly data: Uint8Array;
}

/** Which message of a stream is asked for. */
export type MessageQuery =
  { readonly seq: number; readonly next_by_subj?: string } | { readonly last_by_subj: string };

type Fields = Readonly<Record<string, unknown>>;

/** Reasons of refusals, as the server numbers them. */
export const REASONS: Readonly<
  Record<
    | "noMessage"
    | "noStream"
    | "noConsumer"
    | "streamExists"
    | "wrongSequence"
    | "wrongConstant"
    | "inProcess",
    number
  >
> = {
  noMessage: 10037,
  noStream: 10059,
  noConsumer: 10014,
  streamExists: 10058,
  wrongSequence: 10071,
  wrongConstant: 10164,
  /** The servers have not agreed yet on another message of the same id. */
  inProcess: 10158,
};

/** Limits of the account, the server and the stream, all of which say that there is no room. */
const FULL: ReadonlySet<number> = new Set([10002, 10023, 10028, 10047, 10077]);
const ATTEMPT_MS = 2_000;
const PAUSE_MS = 100;
const NO_BYTES = new Uint8Array();
const UNAVAILABLE: ReadonlySet<number> = new Set([429, 503]);

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What became of it, as it is. */
export const asPublished = (published: Published): Published => published;

/** JetStream over one connection. It leaves the connection open when it is closed. */
export class JetStream {
  readonly nats: Nats;
  readonly clock: Clock;
  readonly #requests: RequestMultiplexer;
  readonly #headers: MsgHdrs;
  #encoded: Uint8Array = NO_BYTES;

  constructor(nats: Nats, clock: Clock = systemClock) {
    this.nats = nats;
    this.clock = clock;
    this.#requests = new RequestMultiplexer(nats, clock);
    // Encoded here, since a client's own headers would cost as much as the rest of a publish; it reads them at once.
    this.#headers = Object.assign(headers(), { encode: () => this.#encoded });
  }

  /** The most bytes of a message, its headers included. */
  get maxBytes(): number {
    return this.nats.connection.info?.max_payload ?? 1_048_576;
  }

  /**
   * Stores a message; resolves when the stream has it.
   * @param retryMs for how long it is tried. @param settle makes the result of the answer.
   * @throws STREAM_UNAVAILABLE: then it may be stored nevertheless; what `settle` throws
   */
  publish<Value>(
    subject: string,
    payload: Uint8Array,
    fields: Readonly<Record<string, string>>,
    retryMs: number,
    settle: (published: Published) => Value,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const publication = new Publication(this, subject, payload, fields, retryMs, settle, resolve, reject);
      this.attempt(publication);
    });
  }

  /** Publishes it, for the first time or again. */
  attempt<Value>(publication: Publication<Value>): void {
    const { subject, payload, encoded, timeoutMs } = publication;
    this.#encoded = encoded;
    this.#requests.ask(subject, payload, publication, { headers: this.#headers, timeoutMs });
  }

  /** Asks its API. @throws STREAM_UNAVAILABLE */
  async call(name: string, body: Fields, retryMs: number): Promise<Fields | Refusal> {
    const until = this.clock.monotonic() + retryMs;
    const subject = `$JS.API.${name}`;
    for (;;) {
      let why: unknown;
      try {
        const timeoutMs = Math.min(ATTEMPT_MS, retryMs);
        const answer = await this.#requests.request(subject, JSON.stringify(body), { timeoutMs });
        const fields = fieldsOf(answer);
        const refusal = refusalOf(fields["error"]);
        if (refusal === null) return fields;
        if (!isUnavailable(refusal)) return refusal;
        why = refusal;
      } catch (error) {
        why = error;
      }
      await this.pause(subject, until, why);
    }
  }

  /** As the stream's leader has it. @returns null: there is none. @throws STREAM_UNAVAILABLE, STREAM_REFUSED */
  async message(stream: string, query: MessageQuery, retryMs: number): Promise<StoredMessage | null> {
    const answer = await this.call(`STREAM.MSG.GET.${stream}`, query, retryMs);
    if (!isRefusal(answer)) return storedMessageOf(answer["message"]);
    if (answer.reason === REASONS.noMessage) return null;
    throw refused(`reading of ${stream}`, answer);
  }

  /**
   * Makes a stream that is not there; one that is stays as it is.
   * @returns on how many servers it is kept. @throws STREAM_UNAVAILABLE, STREAM_REFUSED
   */
  async ensureStream(config: Fields & { readonly name: string }, retryMs: number): Promise<number> {
    const { name } = config;
    const info = await this.call(`STREAM.INFO.${name}`, {}, retryMs);
    if (!isRefusal(info)) return replicasOf(info);
    if (info.reason !== REASONS.noStream) throw refused(`looking for ${name}`, info);
    const made = await this.call(`STREAM.CREATE.${name}`, config, retryMs);
    if (!isRefusal(made)) return replicasOf(made);
    if (made.reason !== REASONS.streamExists) throw refused(`making ${name}`, made);
    return await this.ensureStream(config, retryMs);
  }

  /** Sends what needs no answer; while there is no connection it is lost, without an error. */
  send(subject: string, payload: Uint8Array | string, reply?: string): void {
    if (!this.nats.isConnected || this.nats.connection.isClosed()) return;
    this.nats.connection.publish(subject, payload, reply === undefined ? {} : { reply });
  }

  close(): void {
    this.#requests.close();
  }

  /** Until there may be a server again. @throws STREAM_UNAVAILABLE: it has been tried for long enough */
  async pause(subject: string, until: number, why: unknown): Promise<void> {
    const leftMs = until - this.clock.monotonic();
    const isLast = leftMs <= 0 || !isPassing(why);
    if (isLast || this.nats.connection.isClosed()) {
      const message = `${subject} could not be reached in time, or did not answer: ${textOf(why)}`;
      throw clusterError("STREAM_UNAVAILABLE", message, { cause: why });
    }
    await new Promise<void>((resolve) => {
      const cancel = this.clock.schedule(Math.min(PAUSE_MS, leftMs), () => go());
      const forget = this.nats.onChange(() => go());
      const go = (): void => {
        cancel();
        forget();
        resolve();
      };
    });
  }
}

/** A message on its way into a stream. One object for all its tries: at some hundred thousand a second more would be felt. */
class Publication<Value> implements Asker {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly encoded: Uint8Array;
  readonly timeoutMs: number;
  readonly #jetStream: JetStream;
  readonly #until: number;
  readonly #settle: (published: Published) => Value;
  readonly #resolve: (value: Value) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    jetStream: JetStream,
    subject: string,
    payload: Uint8Array,
    fields: Readonly<Record<string, string>>,
    retryMs: number,
    settle: (published: Published) => Value,
    resolve: (value: Value) => void,
    reject: (error: Error) => void,
  ) {
    this.subject = subject;
    this.payload = payload;
    this.encoded = encodedHeaders(fields);
    this.timeoutMs = Math.min(ATTEMPT_MS, retryMs);
    this.#jetStream = jetStream;
    this.#until = jetStream.clock.monotonic() + retryMs;
    this.#settle = settle;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answered({ data }: Msg): void {
    try {
      const published = publishedOf(data);
      if (published.kind === "refused" && isUnavailable(published.refusal))
        this.failed(refused(this.subject, published.refusal, "STREAM_UNAVAILABLE"));
      else this.#resolve(this.#settle(published));
    } catch (error) {
      this.#reject(asError(error));
    }
  }

  failed(error: MyriadError): void {
    this.#jetStream
      .pause(this.subject, this.#until, error)
      .then(() => this.#jetStream.attempt(this), this.#reject);
  }
}

export function isRefusal(answer: Fields | Refusal): answer is Refusal {
  return "reason" in answer && "status" in answer && "text" in answer;
}

/** Whether there was no room for it. */
export function isFull({ reason }: Refusal): boolean {
  return FULL.has(reason);
}

export function isWrongSequence({ reason }: Refusal): boolean {
  return reason === REASONS.wrongSequence || reason === REASONS.wrongConstant;
}

export function refused(
  what: string,
  { text, reason }: Refusal,
  code: "STREAM_REFUSED" | "STREAM_UNAVAILABLE" = "STREAM_REFUSED",
): MyriadError {
  return clusterError(code, `JetStream refused ${what}: ${text} (${reason})`);
}

function replicasOf({ config }: Fields): number {
  return isObject(config) && "num_replicas" in config ? Number(config.num_replicas) : 1;
}

function isUnavailable(refusal: Refusal): boolean {
  if (refusal.reason === REASONS.inProcess) return true;
  return UNAVAILABLE.has(refusal.status) && !isFull(refusal);
}

/** Whether it may be otherwise a little later. */
function isPassing(why: unknown): boolean {
  return !(why instanceof MyriadError) || why.code !== "STREAM_REFUSED";
}

function textOf(why: unknown): string {
  if (isText(why)) return why;
  if (why instanceof Error) return why.message;
  return isObject(why) && "text" in why ? String(why.text) : "no answer";
}

function encodedHeaders(fields: Readonly<Record<string, string>>): Uint8Array {
  let text = "NATS/1.0\r\n";
  for (const name in fields) text += `${name}: ${fields[name]!.replace(/[\r\n]/g, " ")}\r\n`;
  return Buffer.from(`${text}\r\n`);
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const BRACE = 125;
const SEQUENCE = '"seq":';

/**
 * An acknowledgement of a stream. Those in the usual form `{"stream":"…", "seq":1}` are read from behind: at some
 * hundred thousand a second parsing each would be felt.
 */
function publishedOf(data: Uint8Array): Published {
  let at = data.length - 1;
  if (data[at] === BRACE && data[2] === SEQUENCE.charCodeAt(1)) {
    let sequence = 0;
    let unit = 1;
    for (at -= 1; data[at]! >= DIGIT_0 && data[at]! <= DIGIT_9; at--) {
      sequence += (data[at]! - DIGIT_0) * unit;
      unit *= 10;
    }
    if (unit > 1 && endsWith(data, at, SEQUENCE)) return { kind: "stored", sequence, isDuplicate: false };
  }
  return parsedPublished(data);
}

function endsWith(data: Uint8Array, end: number, text: string): boolean {
  for (let index = text.length - 1, at = end; index >= 0; index--, at--)
    if (data[at] !== text.charCodeAt(index)) return false;
  return true;
}

function parsedPublished(data: Uint8Array): Published {
  const fields = parsed(data);
  const refusal = refusalOf(fields["error"]);
  if (refusal !== null) return { kind: "refused", refusal };
  const { seq, duplicate } = fields;
  if (!Number.isSafeInteger(seq)) throw strange("an acknowledgement");
  return { kind: "stored", sequence: seq as number, isDuplicate: duplicate === true };
}

function fieldsOf(answer: Msg): Fields {
  return parsed(answer.data);
}

function parsed(data: Uint8Array): Fields {
  try {
    const fields: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
    if (isObject(fields)) return fields as Fields;
  } catch {
    // Whoever has answered is no JetStream.
  }
  throw strange("an answer");
}

function refusalOf(error: unknown): Refusal | null {
  if (!isObject(error)) return null;
  const { code, err_code: reason, description } = error as Fields;
  const text = isText(description) ? description : "no reason given";
  return { status: Number(code), reason: Number(reason ?? 0), text };
}

function storedMessageOf(given: unknown): StoredMessage {
  if (!isObject(given)) throw strange("a message");
  const { subject, seq, data = "", hdrs = "" } = given as Fields;
  const isWhole = isText(subject) && Number.isSafeInteger(seq) && isText(data) && isText(hdrs);
  if (!isWhole) throw strange("a message");
  let lines: readonly string[] | null = null;
  return {
    subject,
    sequence: seq as number,
    header(name) {
      lines ??= Buffer.from(hdrs, "base64").toString().split("\r\n");
      const line = lines.find((one) => one.startsWith(`${name}:`));
      return line === undefined ? null : line.slice(name.length + 1).trim();
    },
    data: Buffer.from(data, "base64"),
  };
}

function strange(what: string): MyriadError {
  return clusterError("STREAM_REFUSED", `${what} that came is none of JetStream's`);
}
