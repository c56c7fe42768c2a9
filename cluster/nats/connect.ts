/**
 * One connection to NATS. A first server must be found in time; from then on a lost one is sought for ever, and
 * whoever holds the connection can be told of each loss and return.
 */
import { readFileSync } from "node:fs";
import {
  createInbox,
  credsAuthenticator,
  errors,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import type { Authenticator, NatsConnection, TlsOptions } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { systemClock, type Cancel, type Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { featuresOf, type NatsFeatures } from "./features.ts";
import { checkNatsOptions, type NatsAuth, type NatsOptions, type NatsTls } from "./nats-options.ts";

const AGAIN_MS = 250;
const PING_MS = 2_000;

/** A connection to NATS that comes back by itself; made by `connectNats`. */
export class Nats {
  readonly connection: NatsConnection;
  #isConnected = true;
  #isClosed = false;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  readonly #inboxPrefix: string;

  constructor(connection: NatsConnection, inboxPrefix = "_INBOX") {
    this.connection = connection;
    this.#inboxPrefix = inboxPrefix;
    void this.#follow();
  }

  /** Of the server that it is connected to now, or was last. */
  get features(): NatsFeatures {
    return featuresOf(this.connection.info?.version ?? "");
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#isClosed;
  }

  /** A subject of its own for answers, below the prefix to which its rights may be bound. */
  newInbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  /** Tells of each loss and each return. */
  onChange(listener: (isConnected: boolean) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends what was published, then ends; of what the server does not take any more within two seconds, no more. */
  async close(clock: Clock = systemClock): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isInTime = this.#isConnected ? within(clock, 2_000, this.connection.flush()) : Promise.resolve();
    await isInTime.catch(() => undefined);
    await this.connection.close();
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === "disconnect") this.#tell(false);
      else if (type === "reconnect") this.#tell(true);
    }
  }

  #tell(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of this.#listeners) listener(isConnected);
  }
}

/** @throws CLUSTER_OPTION_INVALID, NATS_UNREACHABLE, NATS_REFUSED */
export async function connectNats(options: NatsOptions, clock: Clock = systemClock): Promise<Nats> {
  checkNatsOptions(options);
  const { servers, name = "myriad", auth, tls, inboxPrefix = "_INBOX", connectMs = 10_000 } = options;
  const authenticator = auth === undefined ? undefined : authenticatorOf(auth);
  const endsAt = clock.monotonic() + connectMs;
  for (;;) {
    try {
      const connection = await connect({
        servers: [...servers],
        name,
        inboxPrefix,
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
        timeout: Math.min(connectMs, 5_000),
        maxReconnectAttempts: -1,
        reconnectTimeWait: AGAIN_MS,
        reconnectJitter: AGAIN_MS,
        // A password that is changed while a node runs must not end the node.
        ignoreAuthErrorAbort: true,
        pingInterval: PING_MS,
        maxPingOut: 2,
        noAsyncTraces: true,
      });
      return new Nats(connection, inboxPrefix);
    } catch (thrown) {
      if (isRefusal(thrown)) {
        throw clusterError("NATS_REFUSED", `${servers.join(", ")} refused the connection: ${textOf(thrown)}`);
      }
      if (clock.monotonic() + AGAIN_MS >= endsAt) {
        const what = `nothing answered at ${servers.join(", ")} within ${connectMs} ms: ${textOf(thrown)}`;
        throw clusterError("NATS_UNREACHABLE", what);
      }
      await new Promise<void>((resolve) => clock.schedule(AGAIN_MS, resolve));
    }
  }
}

/** Files are read again at each return, so that what they hold can be changed while nodes run. */
function authenticatorOf(auth: NatsAuth): Authenticator {
  if ("token" in auth) return tokenAuthenticator(auth.token);
  if ("tokenFile" in auth) return tokenAuthenticator(lineOf(auth.tokenFile));
  if ("passwordFile" in auth) return usernamePasswordAuthenticator(auth.user, lineOf(auth.passwordFile));
  if ("user" in auth) return usernamePasswordAuthenticator(auth.user, auth.password);
  if ("credsFile" in auth) return credsAuthenticator(readable(auth.credsFile));
  const seed = lineOf(auth.nkeySeedFile);
  return nkeyAuthenticator(() => Buffer.from(seed().trim()));
}

function lineOf(path: string): () => string {
  const read = readable(path);
  return () =>
    read()
      .toString("utf8")
      .replace(/\r?\n$/, "");
}

function readable(path: string): () => Buffer {
  const read = (): Buffer => readFileSync(path);
  try {
    read();
  } catch (cause) {
    throw clusterError("CLUSTER_OPTION_INVALID", `the file ${path} cannot be read`, {
      location: path,
      cause,
    });
  }
  return read;
}

function tlsOf({ ca, cert, key, handshakeFirst }: NatsTls): TlsOptions {
  const files = Object.entries({ caFile: ca, certFile: cert, keyFile: key });
  for (const [, path] of files) if (path !== undefined) readable(path);
  return {
    ...Object.fromEntries(files.filter(([, path]) => path !== undefined)),
    ...(handshakeFirst === true ? { handshakeFirst } : {}),
  };
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Whether trying again would end no better: of TLS by the codes that Node gives its errors. */
function isRefusal(thrown: unknown): boolean {
  const { AuthorizationError, InvalidArgumentError, UserAuthenticationExpiredError } = errors;
  const kinds = [AuthorizationError, InvalidArgumentError, UserAuthenticationExpiredError];
  const [own, inner] = [thrown, (thrown as { cause?: unknown } | null)?.cause].map(codeOf);
  return kinds.some((kind) => thrown instanceof kind) || isTlsCode(own!) || isTlsCode(inner!);
}

const codeOf = (thrown: unknown): string => textIn((thrown as { code?: unknown } | null | undefined)?.code);
const textIn = (given: unknown): string => (typeof given === "string" ? given : "");
const isTlsCode = (code: string): boolean =>
  /^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code);

async function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const cancel = clock.schedule(ms, resolve);
    promise.then(() => resolve(), reject).finally(cancel);
  });
}
