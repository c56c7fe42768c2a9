/** Jobs as a part of a node: taken while it runs, given back when it drains. */
import { join } from "node:path";
import type { ClusterNode, NodeJobs } from "../../cluster/index.ts";
import { openSystem } from "../system.ts";

/**
 * Begins to answer clients and to take what they give. The sessions' state is below the node's own, so a node that is
 * started again under its name goes on with what it had begun.
 * @throws STATE_IN_USE and what else `openSystem` refuses; STORE_UNAVAILABLE when JetStream is not there in the time
 *   in which NATS must be reached; JOB_PATH_REFUSED when there is no such root
 */
export async function takeJobs(node: ClusterNode, settings: NodeJobs): Promise<void> {
  const { config, nats, subjects, name } = node;
  // What it needs of NATS is loaded by nodes alone.
  const { openJobs } = await import("./jobs.ts");
  const system = await openSystem({ state: join(config.state, "jobs", name) });
  try {
    const { connectMs } = config.nats;
    const openMs = connectMs === undefined ? {} : { openMs: connectMs };
    const jobs = await openJobs({ ...settings, ...openMs, nats, subjects, system, node: name });
    node.add({ name: "jobs", drain: () => jobs.close(), close: () => system.close() });
  } catch (error) {
    await system.close();
    throw error;
  }
}
