/**
 * A node under faults, in a process of its own: takes tasks of the queue, and has each done once by the ledger of its
 * key, wherever in the cluster that lives. Its arguments: a name, the servers with commas, how many of them keep what is
 * kept, and milliseconds of a lease.
 */
import {
  connectNats,
  joinCluster,
  natsTransport,
  openJetStreamJournal,
  openTaskQueue,
  shardRegion,
  Subjects,
} from "../../cluster/index.ts";
import { createSystem, type Reply } from "../../runtime/index.ts";
import { ledger } from "./ledger.ts";
import { CLUSTER, POISON, QUEUE, WORKER_ROLE } from "./names.ts";

const [node = "", servers = "", replicasText = "1", leaseText = "2000"] = process.argv.slice(2);
const replicas = Number(replicasText);
const nats = await connectNats({ servers: servers.split(","), name: node, connectMs: 60_000 });
const subjects = new Subjects(CLUSTER);
const journal = await openJetStreamJournal(nats, subjects, { replicas });
const system = createSystem({ node, nodes: { transport: natsTransport(nats, subjects) }, journal });
const membership = await joinCluster({
  nats,
  subjects,
  node,
  roles: [WORKER_ROLE],
  leaseMs: Number(leaseText),
  replicas: replicas,
});
const region = await shardRegion({
  nats,
  subjects,
  system,
  membership,
  type: ledger,
  role: WORKER_ROLE,
  replicas: replicas,
});
const queue = await openTaskQueue(nats, subjects, { name: QUEUE, replicas });
await queue.work(
  async ({ message_id: id, payload }) => {
    if (payload.task_type === POISON) throw new Error("poison");
    const { key } = payload.data as { readonly key: string };
    await region.ref(key).ask((reply: Reply<null>) => ({ kind: "do", id, reply }), { timeoutMs: 10_000 });
  },
  // A fault may last longer than three attempts do.
  { concurrency: 8, attempts: 60, ackWaitMs: 3_000, deliveries: 200, waitMs: () => 250 },
);
process.send!("ready");
process.once("message", () => {
  void (async () => {
    await queue.close();
    await membership.leave();
    process.exit(0);
  })();
});
process.once("disconnect", () => process.exit(0));
