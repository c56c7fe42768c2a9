/**
 * A service that NATS' own tools find: the protocol of NATS micro-services.
 *
 *     $SRV.PING | $SRV.PING.<name> | $SRV.PING.<name>.<id>      every instance answers; INFO and STATS alike
 *     an endpoint's subject                                     one instance of the queue group answers
 *
 * A request without a reply subject is dropped. So many are answered at the same time; more are refused, never
 * kept waiting. `close` lets those in progress end.
 */
import { headers } from "@nats-io/nats-core";
import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { answererOf, failed, type Answer, type Request } from "./answer.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { ERROR_CODE_HEADER, ERROR_HEADER, headerText, statusOf } from "./service-error.ts";

export const QUEUE_GROUP = "myriad";
/** Requests that one instance answers at the same time. */
export const MOST_AT_A_TIME = 256;
/** Of a message's room, for headers. */
export const HEADER_BYTES = 4_096;
const DEFAULT_PAYLOAD_BYTES = 1_048_576;

const TYPE = "io.nats.micro.v1";

export interface MicroServiceOptions {
  /** Letters, digits, `_` and `-`, as all names here. */
  readonly name: string;
  /** Semantic. */
  readonly version: string;
  readonly description: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of this instance alone; default: drawn. */
  readonly id?: string;
  readonly clock?: Clock;
}

/** One instance of a service; it answers until it is closed, and leaves the connection open. */
export class MicroService {
  readonly id: string;
  readonly #connection: NatsConnection;
  readonly #options: MicroServiceOptions;
  readonly #clock: Clock;
  readonly #served: readonly Served[];
  readonly #subscriptions: readonly Subscription[];
  readonly #started: string;
  readonly #running = new Set<Promise<void>>();

  constructor(connection: NatsConnection, options: MicroServiceOptions, endpoints: readonly Endpoint[]) {
    this.#connection = connection;
    this.#options = { metadata: {}, ...options };
    this.#clock = options.clock ?? systemClock;
    this.id = options.id ?? crypto.randomUUID();
    this.#started = new Date(this.#clock.now()).toISOString();
    const most = (): number => (connection.info?.max_payload ?? DEFAULT_PAYLOAD_BYTES) - HEADER_BYTES;
    this.#served = endpoints.map((endpoint) => ({
      endpoint,
      answer: answererOf(endpoint, most),
      stats: new Stats(),
    }));
    this.#subscriptions = [...this.#serveAll(), ...this.#discovery()];
  }

  /** Takes no more, and ends when what was taken is answered. */
  async close(): Promise<void> {
    const drained = this.#connection.isClosed() ? [] : this.#subscriptions.map((one) => one.drain());
    await Promise.allSettled(drained);
    await Promise.all(this.#running);
  }

  #serveAll(): readonly Subscription[] {
    return this.#served.map((served) =>
      this.#connection.subscribe(served.endpoint.subject, {
        queue: QUEUE_GROUP,
        callback: (error, message) => {
          // What goes wrong with a subscription (a permission that is missing) is seen by who looks.
          if (error !== null) served.stats.lastError = error.message;
          else this.#take(served, message);
        },
      }),
    );
  }

  #take({ answer, stats }: Served, message: Msg): void {
    if (!message.reply) {
      stats.count("a request without a reply subject was dropped", 0);
      return;
    }
    const begunAt = this.#clock.monotonic();
    const answered =
      this.#running.size >= MOST_AT_A_TIME ? Promise.resolve(busy()) : answer(requestOf(message));
    const running = answered.then((given) => {
      this.#running.delete(running);
      stats.count(given.cause, this.#clock.monotonic() - begunAt);
      respond(message, given.data, headersOf(given));
    });
    this.#running.add(running);
  }

  #discovery(): readonly Subscription[] {
    const { name } = this.#options;
    const verbs = { PING: () => this.#ping(), INFO: () => this.#info(), STATS: () => this.#stats() };
    return Object.entries(verbs).flatMap(([verb, answer]) =>
      [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${this.id}`].map((subject) =>
        this.#connection.subscribe(subject, {
          callback: (error, message) => {
            if (error === null && message.reply) respond(message, Buffer.from(JSON.stringify(answer())));
          },
        }),
      ),
    );
  }

  #identity(response: string): object {
    const { name, version, metadata } = this.#options;
    return { type: `${TYPE}.${response}`, name, id: this.id, version, metadata };
  }

  #ping(): object {
    return this.#identity("ping_response");
  }

  #info(): object {
    const endpoints = this.#served.map(({ endpoint }) => ({
      ...placeOf(endpoint),
      metadata: {
        right: endpoint.right,
        request_schema: JSON.stringify(endpoint.request),
        reply_schema: JSON.stringify(endpoint.reply),
      },
    }));
    return { ...this.#identity("info_response"), description: this.#options.description, endpoints };
  }

  #stats(): object {
    const endpoints = this.#served.map(({ endpoint, stats }) => ({
      ...placeOf(endpoint),
      ...stats.told(),
    }));
    return { ...this.#identity("stats_response"), started: this.#started, endpoints };
  }
}

interface Served {
  readonly endpoint: Endpoint;
  readonly answer: (request: Request) => Promise<Answer>;
  readonly stats: Stats;
}

const NS_PER_MS = 1e6;

class Stats {
  lastError = "";
  #requests = 0;
  #errors = 0;
  #ms = 0;

  count(error: string | null, ms: number): void {
    this.#requests++;
    this.#ms += ms;
    if (error === null) return;
    this.#errors++;
    this.lastError = error;
  }

  told(): object {
    return {
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.lastError,
      processing_time: Math.round(this.#ms * NS_PER_MS),
      average_processing_time: Math.round((this.#ms * NS_PER_MS) / Math.max(1, this.#requests)),
    };
  }
}

function placeOf({ name, subject }: EndpointSpec): object {
  return { name, subject, queue_group: QUEUE_GROUP };
}

const CONTENT_TYPE = "Content-Type";

function requestOf({ headers: given, data }: Msg): Request {
  const key = given?.keys().find((name) => name.toLowerCase() === CONTENT_TYPE.toLowerCase());
  return { contentType: key === undefined ? "" : given!.get(key), data };
}

function headersOf({ type, error }: Answer): MsgHdrs {
  const given = headers();
  given.set(CONTENT_TYPE, type);
  if (error === null) return given;
  given.set(ERROR_HEADER, headerText(error.message));
  given.set(ERROR_CODE_HEADER, String(statusOf(error)));
  return given;
}

/** Who asked may be gone, and the connection, too: then nobody waits for it. */
function respond(message: Msg, data: Uint8Array, given?: MsgHdrs): void {
  try {
    message.respond(data, given === undefined ? {} : { headers: given });
  } catch {
    // The connection is closed.
  }
}

function busy(): Answer {
  const what = `${MOST_AT_A_TIME} requests are being answered; ask again in a moment`;
  return failed(clusterError("SERVICE_BUSY", what));
}
