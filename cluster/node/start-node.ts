/** Opens all that a node is made of, in order; when a step fails, closes what was opened before it. */
import { join } from "node:path";
import { systemClock, type Clock, type Random } from "../../runtime/contracts/index.ts";
import { createSystem, NodeObserver, type ActorSystem } from "../../runtime/index.ts";
import { openFileJournal } from "../../storage/index.ts";
import { AdminPart } from "../admin/admin-part.ts";
import { clusterError } from "../errors.ts";
import { joinCluster } from "../membership/join-cluster.ts";
import { connectNats } from "../nats/connect.ts";
import { Subjects } from "../nats/subjects.ts";
import { natsTransport } from "../transport/nats-transport.ts";
import { ClusterNode } from "./cluster-node.ts";
import { openHealth } from "./health.ts";
import type { Log } from "./log.ts";
import { MemberPart } from "./member-part.ts";
import type { NodeApp } from "./node-app.ts";
import type { NodeConfig } from "./node-config.ts";
import { logEvents } from "./node-events.ts";
import { Pulse } from "./pulse.ts";
import { makeStateFolder } from "./state-folder.ts";
import { within } from "./time-limit.ts";
import { Vitals } from "./vitals.ts";

export interface ClusterNodeOptions extends NodeApp {
  readonly config: NodeConfig;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: seeded from the machine's entropy. */
  readonly random?: Random;
}

const LOOK_MS = 20;
const THREADS_MS = 60_000;
const CLOSE_MS = 5_000;

/**
 * Starts a node, and resolves when it is ready.
 * @throws NATS_UNREACHABLE, NATS_REFUSED, NODE_HEALTH_FAILED, NODE_NOT_READY, CLUSTER_OPTION_INVALID,
 *   NODE_NAME_TAKEN, KEY_VALUE_FAILED (JetStream is not there),
 *   JOURNAL_IN_USE (a node of that name keeps its state there), what `createSystem` throws, and what `start` of the
 *   app does
 */
export async function startNode(options: ClusterNodeOptions): Promise<ClusterNode> {
  const { log, clock = systemClock } = options;
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await within(clock, CLOSE_MS, closer);
  };
  try {
    return await open(options, clock, closers, close);
  } catch (error) {
    log.debug("closing what was opened");
    await close();
    throw error;
  }
}

type Closer = () => unknown;

async function open(
  options: ClusterNodeOptions,
  clock: Clock,
  closers: Closer[],
  close: () => Promise<void>,
): Promise<ClusterNode> {
  const { config, log, start } = options;
  const vitals = new Vitals(config);
  const health = await openHealth(config.health, vitals);
  closers.push(() => health.close());
  const subjects = new Subjects(config.cluster);
  const own = { name: `${config.cluster}/${config.name}`, inboxPrefix: subjects.inboxes(config.name) };
  const nats = await connectNats({ ...config.nats, ...own }, clock);
  closers.push(() => nats.close(clock));
  vitals.require("nats", () => nats.isConnected);
  await makeStateFolder(config.state);
  const journal = await openFileJournal(join(config.state, "nodes", config.name));
  closers.push(() => journal.close());
  const chance = options.random === undefined ? {} : { random: options.random };
  const system = createSystem({
    app: options.app,
    node: config.name,
    ...(config.threads === 0 ? {} : { threads: config.threads }),
    nodes: { transport: natsTransport(nats, subjects) },
    journal,
    clock,
    ...chance,
    telemetry: { instances: 0 },
  });
  closers.push(() => system.shutdown());
  const pulse = new Pulse(system);
  closers.push(() => pulse.stop());
  vitals.system = system;
  vitals.pulse = pulse;
  logEvents(system, log);
  const membership = await joinCluster({
    nats,
    subjects,
    node: config.name,
    ...config.member,
    ...chance,
    clock,
  });
  closers.push(() => membership.leave());
  const observer = new NodeObserver(system);
  const node = new ClusterNode({
    config,
    log,
    clock,
    nats,
    subjects,
    system,
    membership,
    observer,
    healthUrl: health.url,
    vitals,
    close,
  });
  await untilThreadsRun(system, clock);
  node.add(new MemberPart(membership, clock, log));
  node.add(new AdminPart({ nats, subjects, system, observer, clock }));
  await start?.(node);
  if (nats.connection.isClosed()) throw clusterError("NATS_REFUSED", "NATS has given the connection up");
  vitals.phase = "ready";
  return node;
}

async function untilThreadsRun(system: ActorSystem, clock: Clock): Promise<void> {
  const endsAt = clock.monotonic() + THREADS_MS;
  while (!system.info().threads.every(({ ready }) => ready)) {
    if (clock.monotonic() > endsAt) {
      throw clusterError("NODE_NOT_READY", `the threads do not run after ${THREADS_MS} ms`);
    }
    await new Promise<void>((resolve) => clock.schedule(LOOK_MS, resolve));
  }
}
