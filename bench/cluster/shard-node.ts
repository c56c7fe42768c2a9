/**
 * A node with event-sourced sharded actors, kept by JetStream: in the bench's own process, or alone as
 * `shard-node.js NAME nats://…`, which leaves in order at SIGTERM.
 */
import {
  connectNats,
  joinCluster,
  natsTransport,
  openJetStreamJournal,
  shardRegion,
  Subjects,
  type Membership,
  type Sharded,
  type ShardRegion,
} from "../../cluster/index.ts";
import { createSystem, eventSourced, type ActorType, type Reply } from "../../runtime/index.ts";

export const LEASE_MS = 5_000;

/** Adds, and tells which node has done it, and the sum. */
export interface Add {
  readonly amount: number;
  readonly reply: Reply<{ readonly node: string; readonly sum: number }>;
}

const summer: ActorType<Sharded, unknown, Add> = eventSourced<Sharded, number, Add, number>({
  name: "summer",
  stream: ({ key }) => `summer/${key}`,
  empty: () => 0,
  handle: (_, { amount, reply }, ctx) => ({
    ...(amount === 0 ? {} : { events: [amount] }),
    effect: (sum) => reply.send({ node: ctx.system.node, sum }),
  }),
  apply: (sum, amount) => sum + amount,
});

export interface ShardNode {
  readonly membership: Membership;
  readonly region: ShardRegion<Add>;
  /** Its shards go to others first. */
  leave(): Promise<void>;
}

export async function openShardNode(node: string, url: string, capacity: number): Promise<ShardNode> {
  const nats = await connectNats({ servers: [url], name: node });
  const subjects = new Subjects("takeover");
  const journal = await openJetStreamJournal(nats, subjects);
  const system = createSystem({ node, journal, nodes: { transport: natsTransport(nats, subjects) } });
  const membership = await joinCluster({ nats, subjects, node, capacity, leaseMs: LEASE_MS });
  const region = await shardRegion({ nats, subjects, system, membership, type: summer });
  return {
    membership,
    region,
    async leave() {
      await membership.leave();
      await system.shutdown();
      await nats.close();
    },
  };
}

const [name, url] = process.argv.slice(2);
if (process.send !== undefined && import.meta.filename === process.argv[1]) {
  const node = await openShardNode(name!, url!, 1);
  process.once("SIGTERM", () => void node.leave().then(() => process.exit(0)));
  process.once("disconnect", () => process.exit(0));
  process.send("ready");
}
