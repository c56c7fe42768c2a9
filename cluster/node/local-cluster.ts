/**
 * A cluster on this machine, for trying and for tests: nats-server processes of its own on free ports, or servers
 * that are there already, and node processes that are started again when they die. All that they keep and write is
 * in one folder. None of them outlives the process that has started them, however it ends.
 */
import { join, resolve } from "node:path";
import { systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { openFileJournal } from "../../storage/index.ts";
import { check } from "../errors.ts";
import { findNatsServer } from "../server/find-server.ts";
import { startNatsServer, startNatsServers, type NatsServer } from "../server/nats-server.ts";
import { LocalNode, type LocalNodeEvent } from "./local-node.ts";
import { makeStateFolder } from "./state-folder.ts";
import { Waits } from "./waits.ts";

export interface LocalClusterOptions {
  /** What runs a node, to which its flags are added: `[process.execPath, "…/bin/myriad.js", "node"]`. */
  readonly command: readonly string[];
  /** 1 to 64. */
  readonly nodes: number;
  /** Servers that are there already; null: own ones are started. */
  readonly nats: readonly string[] | null;
  /** How many own servers. */
  readonly servers: 1 | 3;
  /** Kept from run to run; one cluster at a time uses it. */
  readonly folder: string;
  readonly cluster: string;
  /** Flags that every node gets beside its own. */
  readonly flags?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: LocalClusterEvent) => void;
  readonly clock?: Clock;
}

export type LocalClusterEvent =
  | LocalNodeEvent
  | { readonly kind: "server-ended"; readonly server: string; readonly againMs: number }
  | { readonly kind: "server-ready"; readonly server: string; readonly pid: number };

const MOST_NODES = 64;
const DRAIN_MS = 35_000;

export class LocalCluster {
  /** Empty: it uses others. */
  readonly servers: readonly NatsServer[];
  readonly nodes: readonly LocalNode[];
  /** Absolute. */
  readonly folder: string;
  /** Addresses of NATS. */
  readonly nats: readonly string[];
  readonly #release: () => Promise<void>;
  #stopped: Promise<void> | null = null;

  constructor(parts: {
    readonly servers: readonly NatsServer[];
    readonly nodes: readonly LocalNode[];
    readonly folder: string;
    readonly nats: readonly string[];
    readonly release: () => Promise<void>;
  }) {
    this.servers = parts.servers;
    this.nodes = parts.nodes;
    this.folder = parts.folder;
    this.nats = parts.nats;
    this.#release = parts.release;
  }

  /** Lets the nodes drain, then ends the servers; resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    await this.#stopped;
  }

  get isStopping(): boolean {
    return this.#stopped !== null;
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop(DRAIN_MS)));
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.#release();
  }
}

/**
 * Resolves when every node is ready; when one is not to be had, nothing runs any more.
 * @throws CLUSTER_OPTION_INVALID, JOURNAL_IN_USE (another local cluster uses the folder), NATS_SERVER_MISSING,
 *   NATS_SERVER_FAILED, LOCAL_CLUSTER_FAILED
 */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { nodes: count } = options;
  const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_NODES;
  check(isCount, "CLUSTER_OPTION_INVALID", `nodes is a number from 1 to ${MOST_NODES}`, count);
  const folder = resolve(options.folder);
  await makeStateFolder(folder);
  // What is wanted of it is its lock, which a process that was killed leaves to the next.
  const claim = await openFileJournal(join(folder, "claim"));
  const servers = await ownServers(options, folder).catch(async (error: unknown) => {
    await claim.close();
    throw error;
  });
  const nats = options.nats ?? servers.map(({ url }) => url);
  const nodes = Array.from({ length: count }, (_, index) =>
    localNode(options, `node-${index + 1}`, folder, nats),
  );
  const cluster = new LocalCluster({ servers, nodes, folder, nats, release: () => claim.close() });
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  for (const server of servers) void keepServer(server, () => cluster.isStopping, options);
  return cluster;
}

/** Starts a server again that has ended by itself. */
async function keepServer(
  server: NatsServer,
  isStopping: () => boolean,
  { clock = systemClock, onEvent = () => undefined }: LocalClusterOptions,
): Promise<void> {
  const waits = new Waits();
  for (;;) {
    const startedAt = clock.monotonic();
    await server.ended;
    if (isStopping()) return;
    const againMs = waits.afterLife(clock.monotonic() - startedAt);
    onEvent({ kind: "server-ended", server: server.name, againMs });
    await new Promise<void>((resolve) => clock.schedule(againMs, resolve));
    if (isStopping()) return;
    await server.start().catch(() => undefined);
    if (server.pid !== null) onEvent({ kind: "server-ready", server: server.name, pid: server.pid });
  }
}

async function ownServers(
  { nats, servers, environment }: LocalClusterOptions,
  folder: string,
): Promise<readonly NatsServer[]> {
  if (nats !== null) return [];
  const binary = await findNatsServer(environment);
  if (servers === 1) return [await startNatsServer({ binary, folder: join(folder, "nats-1") })];
  return await startNatsServers(servers, { binary, folder });
}

function localNode(
  options: LocalClusterOptions,
  name: string,
  folder: string,
  nats: readonly string[],
): LocalNode {
  const { command, cluster, flags = [], environment = process.env } = options;
  const { clock = systemClock, onEvent = () => undefined } = options;
  const replicas = options.nats === null ? String(options.servers) : "1";
  const own = ["--name", name, "--cluster", cluster, "--nats", nats.join(","), "--health-port", "0"];
  return new LocalNode({
    name,
    command: [
      ...command,
      ...own,
      "--state",
      folder,
      "--replicas",
      replicas,
      "--log-format",
      "json",
      ...flags,
      "--tethered",
    ],
    environment,
    log: join(folder, `${name}.log`),
    clock,
    onEvent,
  });
}
