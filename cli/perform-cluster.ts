/**
 * `myriad node`, `myriad up`, `myriad nats-server`: calls of the library. What these need, NATS above all, is
 * loaded here when one of them is performed, so that no other command waits for it.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type * as cluster from "../cluster/index.ts";
import type {
  LocalCluster,
  LocalClusterEvent,
  Log,
  NodeApp,
  NodeConfig,
  ParentChannel,
} from "../cluster/index.ts";
import { encodeError, MyriadError } from "../runtime/contracts/index.ts";
import { errorOf } from "./cluster-output.ts";
import type { ClusterDocument, NodeDocument, UpDocument } from "./cluster-output.ts";
import type { ClusterInvocation } from "./cluster-program.ts";
import { EXIT_INPUT, EXIT_INTERNAL, EXIT_OK } from "./exit-code.ts";
import type { Streams } from "./output.ts";
import { performAdmin } from "./perform-admin.ts";

const LEAVE_MS = 1_000;

type Cluster = typeof cluster;
type Invoked<Command extends ClusterInvocation["command"]> = Extract<
  ClusterInvocation,
  { readonly command: Command }
>;

export interface ClusterHooks {
  readonly signal: AbortSignal;
  /** Prints the command's one document. */
  readonly print: (document: ClusterDocument) => void;
}

/** @returns the exit code. @throws what the library throws before anything runs */
export async function performCluster(
  invocation: ClusterInvocation,
  streams: Streams,
  { signal, print }: ClusterHooks,
): Promise<number> {
  const library = await import("../cluster/index.ts");
  switch (invocation.command) {
    case "node": {
      const { document, exitCode } = await performNode(library, invocation, streams, signal);
      print(document);
      return exitCode;
    }
    case "admin":
    case "repl":
    case "top":
      return await performAdmin(library, invocation, streams, { signal, print });
    case "up":
      return await performUp(library, invocation, streams, { signal, print });
    case "nats-server": {
      const { installNatsServer, findNatsServer } = library;
      const { path, version } = await (invocation.install ? installNatsServer() : findNatsServer());
      print({ command: "nats-server", success: true, error: null, path, version });
      return EXIT_OK;
    }
  }
}

// ---- node ----------------------------------------------------------------------------------------

async function performNode(
  library: Cluster,
  { flags, options }: Invoked<"node">,
  streams: Streams,
  signal: AbortSignal,
): Promise<{ readonly document: NodeDocument; readonly exitCode: number }> {
  const { config: file, check, tethered } = options;
  const config = library.readNodeConfig({
    environment: process.env,
    flags,
    ...(file === undefined ? {} : { file }),
  });
  const document: NodeDocument = {
    command: "node",
    success: true,
    error: null,
    config: library.showConfig(config),
    drained: null,
  };
  library.requireFiles(config);
  if (check) return { document, exitCode: EXIT_OK };
  const log = logOf(library, config, streams);
  crashOnSurprise(log);
  const ended = (error: unknown, drained: boolean | null): NodeDocument => ({
    ...document,
    success: error === null,
    error: error === null ? null : errorOf(encodeError(error)),
    drained,
  });
  // What an app has left open must not keep the process when its node has ended.
  const leave = (): void => void setTimeout(() => process.exit(), LEAVE_MS).unref();
  try {
    const { drained, error } = await library.runNode({
      config,
      loadApp: async () => withJobs(config, await library.loadNodeApp(config.app)),
      log,
      signal,
      parent: parentChannel(tethered),
    });
    if (error !== null) log.error("the node has ended with a fault", { error });
    return { document: ended(error, drained), exitCode: error === null ? EXIT_OK : EXIT_INTERNAL };
  } catch (error) {
    log.error("the node could not be started", { error });
    return { document: ended(error, null), exitCode: isConfigurations(error) ? EXIT_INPUT : EXIT_INTERNAL };
  } finally {
    leave();
  }
}

/** Jobs come last: what the app has begun is there, and goes after them. */
function withJobs({ jobs }: NodeConfig, { app, start }: NodeApp): NodeApp {
  if (jobs === null) return { app, ...(start === undefined ? {} : { start }) };
  return {
    app,
    async start(node) {
      await start?.(node);
      const { takeJobs } = await import("../actors/index.ts");
      await takeJobs(node, jobs);
    },
  };
}

/** Whether starting again would end no better. What is of NATS' side may be another thing soon. */
function isConfigurations(error: unknown): boolean {
  return (
    error instanceof MyriadError &&
    error.fault === "input" &&
    !["NATS_UNREACHABLE", "NATS_REFUSED", "JOURNAL_IN_USE", "NODE_NAME_TAKEN"].includes(error.code)
  );
}

function logOf({ openLog, secretsOf }: Cluster, config: NodeConfig, { stderr }: Streams): Log {
  const { name: node, log } = config;
  const format = log.format ?? (stderr.isTTY === true ? "text" : "json");
  const write = (line: string): void => void stderr.write(line);
  return openLog({ level: log.level, format, node, secrets: secretsOf(config), write });
}

/** Nothing is known of a process in which something was not foreseen: it says so, and ends. */
function crashOnSurprise(log: Log): void {
  const crash = (error: unknown): void => {
    log.error("the process has crashed", { error, stack: error instanceof Error ? error.stack : null });
    process.exit(EXIT_INTERNAL);
  };
  process.on("uncaughtException", crash).on("unhandledRejection", crash);
}

function parentChannel(isTether: boolean): ParentChannel | null {
  if (process.send === undefined) return null;
  return {
    isTether,
    send(message) {
      if (process.connected) process.send!(message);
    },
    onClosed(listener) {
      if (!process.connected) {
        listener();
        return;
      }
      process.once("disconnect", listener);
      // A node that has ended has nothing more to hear.
      process.channel?.unref();
    },
  };
}

// ---- up ------------------------------------------------------------------------------------------

async function performUp(
  { startLocalCluster }: Cluster,
  { flags, options }: Invoked<"up">,
  { stderr }: Streams,
  { signal, print }: ClusterHooks,
): Promise<number> {
  const { nodes, servers, nats = null, state: folder, cluster: name, quiet } = options;
  const told = { isReady: false };
  const local = await startLocalCluster({
    command: [process.execPath, executable(), "node"],
    nodes,
    servers,
    nats,
    folder,
    cluster: name,
    flags: flags.flatMap(({ flag, text }) => [flag, text]),
    onEvent(event) {
      const text = eventText(event);
      if (told.isReady && !quiet) stderr.write(`${text}\n`);
    },
  });
  told.isReady = true;
  if (!signal.aborted) {
    print(upDocument(local, name, performance.now()));
    await aborted(signal);
  }
  await local.stop();
  return EXIT_OK;
}

/** The one that runs now, as far as it is this package's. */
function executable(): string {
  const here = fileURLToPath(import.meta.url);
  const up = here.endsWith(".ts") ? "../bin/myriad.js" : "../../bin/myriad.js";
  return realpathSync(fileURLToPath(new URL(up, import.meta.url)));
}

function upDocument(local: LocalCluster, cluster: string, readyMs: number): UpDocument {
  return {
    command: "up",
    success: true,
    error: null,
    cluster,
    state: local.folder,
    readyMs: Math.round(readyMs),
    pid: process.pid,
    nats: local.nats,
    servers: local.servers.map(({ name, url, pid }) => ({ name, url, pid })),
    nodes: local.nodes.map(({ name, pid, health, log }) => ({ name, pid, health, log })),
  };
}

function eventText(event: LocalClusterEvent): string {
  switch (event.kind) {
    case "node-ended":
      return `${event.node} has ended (${event.how}); it is started again in ${seconds(event.againMs)}`;
    case "node-ready":
      return `${event.node} is ready: ${event.health}/ready, pid ${event.pid}`;
    case "server-ended":
      return `${event.server} has ended; it is started again in ${seconds(event.againMs)}`;
    case "server-ready":
      return `${event.server} serves again, pid ${event.pid}`;
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function aborted(signal: AbortSignal): Promise<void> {
  // Whoever has no servers of its own would else end when no node runs.
  const alive = setInterval(() => undefined, 2 ** 30);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  clearInterval(alive);
}
