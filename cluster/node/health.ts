/**
 * A node over HTTP, for load balancers, container managers and Prometheus:
 *
 *     GET /ready    200 while work may be sent here, else 503     GET /metrics   Prometheus' text form
 *     GET /live     200 unless it should be killed, else 503
 *
 * There is no sign-in: it shows nothing secret, and listens on 127.0.0.1 unless told otherwise. A thread that is
 * stuck answers nothing at all, which whoever asks takes for 503.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6, type AddressInfo } from "node:net";
import { clusterError } from "../errors.ts";

/** What a node says of itself. */
export interface HealthSource {
  readonly isLive: boolean;
  readonly isReady: boolean;
  /** Told with both. */
  state(): object;
  metrics(): Promise<string>;
}

const LONGEST_MS = 5_000;
const MOST_CONNECTIONS = 64;

export class HealthServer {
  readonly #server: Server;
  readonly url: string;

  constructor(server: Server) {
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.url = `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** @throws NODE_HEALTH_FAILED */
export async function openHealth(
  { host, port }: { readonly host: string; readonly port: number },
  source: HealthSource,
): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: LONGEST_MS, headersTimeout: LONGEST_MS },
    (request, response) => {
      void answer(request, response, source);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.keepAliveTimeout = LONGEST_MS;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen({ host, port }, resolve);
    });
  } catch (cause) {
    const what = `health cannot be served at ${host}:${port}: ${(cause as Error).message}`;
    throw clusterError("NODE_HEALTH_FAILED", what, { cause });
  }
  server.on("error", () => undefined);
  return new HealthServer(server);
}

async function answer(
  { method = "", url = "" }: IncomingMessage,
  response: ServerResponse,
  source: HealthSource,
): Promise<void> {
  const send = (status: number, body: string, type = "application/json"): void => {
    const headers = {
      "content-type": type,
      "cache-control": "no-store",
      "content-length": Buffer.byteLength(body),
    };
    response.writeHead(status, headers).end(method === "HEAD" ? "" : body);
  };
  if (method !== "GET" && method !== "HEAD") {
    send(405, '{"error":"only GET and HEAD"}\n');
    return;
  }
  const tell = (holds: boolean, word: string): void =>
    send(holds ? 200 : 503, `${JSON.stringify({ [word]: holds, ...source.state() })}\n`);
  switch (url.split("?")[0]) {
    case "/ready":
      tell(source.isReady, "ready");
      return;
    case "/live":
      tell(source.isLive, "live");
      return;
    case "/metrics":
      await source.metrics().then(
        (text) => send(200, text, "text/plain; version=0.0.4; charset=utf-8"),
        () => send(503, '{"error":"no metrics now"}\n'),
      );
      return;
    default:
      send(404, '{"error":"there are /ready, /live and /metrics"}\n');
  }
}
