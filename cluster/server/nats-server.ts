/**
 * nats-server processes that are started and ended from here: for trying a cluster on one machine, and for tests.
 * A server that serves for long is better looked after by the machine's process manager.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { clusterError } from "../errors.ts";
import type { NatsServerBinary } from "./find-server.ts";

/** One of several servers that replicate what they keep. */
export interface NatsServerPeers {
  /** The ports by which the servers reach each other, this one's too. */
  readonly ports: readonly number[];
  /** Which of them is this one's. */
  readonly own: number;
}

/** How a nats-server is started. */
export interface NatsServerOptions {
  readonly binary: NatsServerBinary;
  /** Of its own: configuration, log, and what JetStream keeps; made when it is not there. */
  readonly folder: string;
  /** Default: `nats-1`. */
  readonly name?: string;
  /** On 127.0.0.1; default: a free one. */
  readonly port?: number;
  readonly peers?: NatsServerPeers;
  /** Lines of its configuration file beside those that the other options make. */
  readonly lines?: readonly string[];
}

const READY_MS = 10_000;
const STOP_MS = 5_000;
const LOOK_MS = 20;
const LOG_SHOWN = 1_000;

/**
 * The shell becomes the server. Its other half reads from a pipe of this process: a line says that the server has
 * ended, and an end without one that this process has, however that came; then the server goes, too.
 */
const GUARDED = 'exec 3<&0; ( read -r line <&3 || kill -KILL $$ ) & exec "$@" 3<&- </dev/null';

/**
 * A nats-server of this process, which it does not outlive; started by `startNatsServer`. It can be started again
 * with what it has kept.
 */
export class NatsServer {
  readonly port: number;
  readonly #options: NatsServerOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: NatsServerOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get name(): string {
    return this.#options.name ?? "nats-1";
  }

  /** Null: it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when it runs no more; at once, if it does not run. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Starts it, unless it runs. @throws NATS_SERVER_FAILED */
  async start(): Promise<void> {
    if (this.#child !== null) return;
    const { binary, folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const file = join(folder, "nats-server.conf");
    await writeFile(file, configurationOf(this.#options, this.name, this.port));
    const words = ["-c", GUARDED, "sh", binary.path, "-c", file, "-l", this.#log];
    // In a process group of its own: Ctrl-C is for this process, which ends it when it may.
    const child = spawn("/bin/sh", words, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      const gone = (): void => {
        if (this.#child === child) this.#child = null;
        child.stdin.end("\n");
        resolve();
      };
      child.once("exit", gone).once("error", gone);
    });
    const endsAt = Date.now() + READY_MS;
    while (!(await listens(this.port))) {
      if (this.#child === child && Date.now() < endsAt) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      const why = this.#child === child ? `did not listen within ${READY_MS} ms` : "ended";
      child.kill("SIGKILL");
      throw clusterError("NATS_SERVER_FAILED", `${this.name} ${why}: ${await this.#endOfLog()}`);
    }
  }

  /** Sends it a signal, such as SIGKILL or SIGSTOP. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends it, hard after five seconds, and resolves when it is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.kill(signal);
    // One that was stopped hears nothing else.
    child.kill("SIGCONT");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await this.#ended;
    clearTimeout(late);
  }

  get #log(): string {
    return join(this.#options.folder, "nats-server.log");
  }

  async #endOfLog(): Promise<string> {
    const text = await readFile(this.#log, "utf8").catch(() => "it has written no log");
    return text.slice(-LOG_SHOWN).trim();
  }
}

/** Starts one; JetStream keeps its streams in the folder. @throws NATS_SERVER_FAILED */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const server = new NatsServer(options, options.port ?? (await freePorts(1))[0]!);
  await server.start();
  return server;
}

/** Starts several that replicate to each other, in folders of their own. @throws NATS_SERVER_FAILED */
export async function startNatsServers(
  count: number,
  { folder, ...options }: Omit<NatsServerOptions, "name" | "port" | "peers">,
): Promise<readonly NatsServer[]> {
  const ports = await freePorts(2 * count);
  const servers = Array.from({ length: count }, (_, index) => {
    const name = `nats-${index + 1}`;
    const peers = { ports: ports.slice(count), own: ports[count + index]! };
    return new NatsServer({ ...options, folder: join(folder, name), name, peers }, ports[index]!);
  });
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (thrown) {
    await Promise.all(servers.map((server) => server.stop("SIGKILL")));
    throw thrown;
  }
  return servers;
}

function configurationOf(options: NatsServerOptions, name: string, port: number): string {
  const { folder, peers, lines = [] } = options;
  const store = JSON.stringify(join(folder, "jetstream"));
  const routes = peers?.ports.map((one) => `nats://127.0.0.1:${one}`).join(", ");
  return [
    `server_name: ${JSON.stringify(name)}`,
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${store} }`,
    ...(peers === undefined
      ? []
      : [`cluster { name: myriad, listen: "127.0.0.1:${peers.own}", routes: [${routes}] }`]),
    ...lines,
    "",
  ].join("\n");
}

/** Ports of 127.0.0.1 that nobody listens on now. Held together, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(0, "127.0.0.1", resolve);
      });
      return server;
    }),
  );
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether a NATS server greets there. */
async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("data", (data) => end(data.toString("latin1").startsWith("INFO ")));
    socket.once("error", () => end(false)).once("close", () => end(false));
  });
}
