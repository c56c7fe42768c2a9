/**
 * A node in the foreground, for a process manager: started, announced to whoever has started the process, drained
 * when it is told to stop. It leaves signals to its caller, who aborts `signal` on the first one.
 */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { NodeEnding } from "./cluster-node.ts";
import type { Log } from "./log.ts";
import type { NodeApp } from "./node-app.ts";
import { showConfig, type NodeConfig } from "./node-config.ts";
import { serviceManager } from "./service-manager.ts";
import { startNode } from "./start-node.ts";

export interface RunNodeOptions {
  readonly config: NodeConfig;
  /** Called once, when the node starts. */
  readonly loadApp: () => Promise<NodeApp>;
  readonly log: Log;
  /** Aborted: the node drains; if it is still starting, as soon as it has started. */
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  readonly parent?: ParentChannel | null;
  readonly clock?: Clock;
}

/** The channel to the process that has started this one. */
export interface ParentChannel {
  send(message: string | NodeReady): void;
  /** Whether the node must not outlive its parent, and wants to hear more than `ready`. */
  readonly isTether: boolean;
  /** Called when the parent is gone. */
  onClosed(listener: () => void): void;
}

/** What a node tells a parent that it is tethered to. */
export interface NodeReady {
  readonly kind: "ready";
  readonly health: string;
}

/** @throws what `startNode` and `loadApp` throw */
export async function runNode(options: RunNodeOptions): Promise<NodeEnding> {
  const { config, log, signal, environment = process.env, parent = null, clock } = options;
  const toParent = parent === null || parent.isTether ? null : (text: string) => parent.send(text);
  const manager = serviceManager({ environment, log, toParent, ...(clock === undefined ? {} : { clock }) });
  log.debug("starting", { config: showConfig(config) });
  const node = await startNode({
    ...(await options.loadApp()),
    config,
    log,
    ...(clock === undefined ? {} : { clock }),
  });
  const { version } = node.nats.features;
  const facts = {
    cluster: config.cluster,
    health: node.healthUrl,
    server: node.nats.connection.getServer(),
    version,
  };
  log.info("ready", facts);
  manager.ready(`ready, in cluster ${config.cluster}`);
  if (parent?.isTether === true) parent.send({ kind: "ready", health: node.healthUrl });
  manager.watch(() => node.isLive);
  const drain = (why: string): void => {
    manager.stopping(why);
    void node.drain();
  };
  if (signal.aborted) drain("told to stop");
  else signal.addEventListener("abort", () => drain("told to stop"), { once: true });
  if (parent?.isTether === true) {
    parent.onClosed(() => {
      log.warn("the process that has started this node is gone");
      drain("its parent is gone");
    });
  }
  const ending = await node.stopped;
  manager.close();
  return ending;
}
