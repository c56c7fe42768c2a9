/** The processes of a chaos run: three NATS servers that replicate, and worker nodes, each behind proxies of its own. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNatsServer, startNatsServers, type NatsServer } from "../../cluster/index.ts";
import { CutProxy } from "./cut-proxy.ts";

const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
const SERVERS = 3;

/** A worker node: its process, and the ways by which it alone reaches the servers. */
interface Worker {
  readonly place: number;
  /** Counts its starts: each is a node of its own name. */
  starts: number;
  child: ChildProcess | null;
  readonly proxies: readonly CutProxy[];
}

export class ChaosWorld {
  readonly servers: readonly NatsServer[];
  readonly leaseMs: number;
  readonly #folder: string;
  readonly #workers: readonly Worker[];

  private constructor(
    servers: readonly NatsServer[],
    workers: readonly Worker[],
    leaseMs: number,
    folder: string,
  ) {
    this.servers = servers;
    this.leaseMs = leaseMs;
    this.#workers = workers;
    this.#folder = folder;
  }

  static async open(workerCount: number, leaseMs: number): Promise<ChaosWorld> {
    const folder = await mkdtemp(join(tmpdir(), "myriad-chaos-"));
    const servers = await startNatsServers(SERVERS, { binary: await findNatsServer(), folder });
    const workers = await Promise.all(
      Array.from({ length: workerCount }, async (_, place): Promise<Worker> => {
        const proxies = await Promise.all(servers.map(({ port }) => CutProxy.open(port)));
        return { place, starts: 0, child: null, proxies };
      }),
    );
    const world = new ChaosWorld(servers, workers, leaseMs, folder);
    try {
      await Promise.all(workers.map(({ place }) => world.startWorker(place)));
    } catch (thrown) {
      await world.close();
      throw thrown;
    }
    return world;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  get workerCount(): number {
    return this.#workers.length;
  }

  /** What the worker at that place is called now. */
  nameOf(place: number): string {
    return `w${place + 1}.${this.#workers[place]!.starts}`;
  }

  /** Resolves when it works. */
  async startWorker(place: number): Promise<void> {
    const worker = this.#workers[place]!;
    worker.starts += 1;
    const urls = worker.proxies.map(({ url }) => url).join(",");
    const child = fork(WORKER, [this.nameOf(place), urls, String(SERVERS), String(this.leaseMs)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    worker.child = child;
    const ended = once(child, "exit").then(([code]) => {
      if (worker.child === child) worker.child = null;
      return code as number | null;
    });
    const first = await Promise.race([once(child, "message").then(() => "ready"), ended]);
    if (first !== "ready")
      throw new Error(`worker ${this.nameOf(place)} ended with ${first} before it was ready`);
  }

  /** Resolves when it is gone. */
  async killWorker(place: number): Promise<void> {
    const { child } = this.#workers[place]!;
    if (child === null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Its shards are handed over first. Resolves when it is gone. */
  async leaveWorker(place: number): Promise<void> {
    const { child } = this.#workers[place]!;
    if (child === null) return;
    const gone = once(child, "exit");
    child.send("leave");
    await gone;
  }

  freeze(place: number): void {
    this.#workers[place]!.child?.kill("SIGSTOP");
  }

  thaw(place: number): void {
    this.#workers[place]!.child?.kill("SIGCONT");
  }

  /** From now on it reaches no server, and none reaches it. */
  cut(place: number): void {
    for (const proxy of this.#workers[place]!.proxies) proxy.cut();
  }

  heal(place: number): void {
    for (const proxy of this.#workers[place]!.proxies) proxy.heal();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ place }) => this.killWorker(place)));
    await Promise.all(this.#workers.flatMap(({ proxies }) => proxies.map((proxy) => proxy.close())));
    await Promise.all(this.servers.map((server) => server.stop("SIGKILL")));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
