/** Jobs as a part of a node: taken while it runs, given back when it drains. */
import { join } from "node:path";
import type { ClusterNode, NodeJobs } from "../../cluster/index.ts";
import { MyriadError, systemClock, type Clock } from "../../runtime/contracts/index.ts";
import { openSystem, type MyriadSystem } from "../system.ts";
import { openJobs, type Jobs } from "./jobs.ts";

const AGAIN_MS = 250;

/**
 * Begins to answer clients and to take what they give. The sessions' state is below the node's own, so a node that is
 * started again under its name goes on with what it had begun.
 * @throws STATE_IN_USE and what else `openSystem` refuses; STORE_UNAVAILABLE when JetStream is not there in the time
 *   in which NATS must be reached; JOB_PATH_REFUSED when there is no such root
 */
export async function takeJobs(
  node: ClusterNode,
  settings: NodeJobs,
  clock: Clock = systemClock,
): Promise<void> {
  const { state, nats } = node.config;
  const system = await openSystem({ state: join(state, "jobs", node.name) });
  const endsAt = clock.monotonic() + (nats.connectMs ?? 10_000);
  try {
    const jobs = await begun(node, settings, system, clock, endsAt);
    node.add({ name: "jobs", drain: () => jobs.close(), close: () => system.close() });
  } catch (error) {
    await system.close();
    throw error;
  }
}

/** Servers that have just begun choose a leader first, and so many nodes may make the streams at once. */
async function begun(
  node: ClusterNode,
  settings: NodeJobs,
  system: MyriadSystem,
  clock: Clock,
  endsAt: number,
): Promise<Jobs> {
  for (;;) {
    try {
      const { nats, subjects, name } = node;
      return await openJobs({ ...settings, nats, subjects, system, node: name, clock });
    } catch (error) {
      const isPassing = error instanceof MyriadError && error.code === "STORE_UNAVAILABLE";
      if (!isPassing || clock.monotonic() > endsAt) throw error;
      node.log.debug("JetStream is not there yet", { error });
      await new Promise<void>((resolve) => clock.schedule(AGAIN_MS, resolve));
    }
  }
}
