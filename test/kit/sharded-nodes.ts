/** Nodes of one process in a cluster over a nats-server: each a system, a member, and a region of counters. */
import { joinCluster, natsTransport, shardRegion, Subjects } from "../../cluster/index.ts";
import type {
  MemberOptions,
  Membership,
  Nats,
  RegionOptions,
  Sharded,
  ShardRegion,
} from "../../cluster/index.ts";
import type { Journal } from "../../runtime/contracts/index.ts";
import {
  createSystem,
  eventSourced,
  type ActorSystem,
  type ActorType,
  type Reply,
} from "../../runtime/index.ts";
import type { NatsForTest } from "./nats.ts";

export type CounterMessage =
  | {
      readonly kind: "note";
      readonly from: string;
      readonly number: number;
      /** Told once the note is kept. */
      readonly reply?: Reply<number>;
    }
  | { readonly kind: "get"; readonly reply: Reply<Notes> }
  | { readonly kind: "where"; readonly reply: Reply<{ readonly node: string; readonly fence: number }> }
  | { readonly kind: "crash"; readonly reply: Reply<never> };

/** By sender, in the order of their arrival. */
export type Notes = Readonly<Record<string, readonly number[]>>;

/** By which node, and with which fence. */
export interface Noted {
  readonly from: string;
  readonly number: number;
  readonly by: string;
  readonly fence: number;
}

interface CounterState {
  readonly args: Sharded;
  readonly notes: Notes;
}

export const streamOf = (key: string): string => `counter/${key}`;

/** Keeps who noted what, and who it was that handled it. */
export const counter: ActorType<Sharded, unknown, CounterMessage> = eventSourced<
  Sharded,
  CounterState,
  CounterMessage,
  Noted
>({
  name: "counter",
  stream: ({ key }) => streamOf(key),
  empty: (args) => ({ args, notes: {} }),
  handle({ args: { fence } }, message, ctx) {
    const { node } = ctx.system;
    if (message.kind === "note") {
      const { from, number, reply } = message;
      return { events: [{ from, number, by: node, fence }], effect: () => reply?.send(number) };
    }
    if (message.kind === "crash") throw new Error("crash");
    if (message.kind === "get") return { effect: ({ notes }) => message.reply.send(notes) };
    return { effect: ({ args }) => message.reply.send({ node, fence: args.fence }) };
  },
  messageId: (message) =>
    message.kind === "note" && message.reply !== undefined ? `${message.from} ${message.number}` : null,
  duplicate: (_, message) => {
    if (message.kind === "note") message.reply?.send(message.number);
  },
  apply: (state, { from, number }) => ({
    ...state,
    notes: { ...state.notes, [from]: [...(state.notes[from] ?? []), number] },
  }),
});

export interface ShardedNode {
  readonly nats: Nats;
  readonly system: ActorSystem;
  readonly membership: Membership;
  readonly region: ShardRegion<CounterMessage>;
  /** In order: its shards are handed over first. */
  leave(): Promise<void>;
  /** As if its process had been killed: nothing of it is heard of any more. */
  kill(): Promise<void>;
}

export interface ShardedNodeOptions {
  readonly member?: Partial<MemberOptions>;
  readonly region?: Partial<RegionOptions<unknown, CounterMessage>>;
}

/** Unless a test says otherwise. */
export const LEASE_MS = 1_000;
export const SUBJECTS: Subjects = new Subjects("test");

export async function startNode(
  test: Pick<NatsForTest, "connect">,
  node: string,
  journal: Journal,
  { member = {}, region = {} }: ShardedNodeOptions = {},
): Promise<ShardedNode> {
  const nats = await test.connect({ name: node });
  const subjects = SUBJECTS;
  const nodes = { transport: natsTransport(nats, subjects), aliveMs: 200, lostMs: 2_000 };
  const system = createSystem({ node, nodes, journal });
  const membership = await joinCluster({ nats, subjects, node, leaseMs: LEASE_MS, ...member });
  const opened = await shardRegion({
    nats,
    subjects,
    system,
    membership,
    type: counter,
    shards: 32,
    ...region,
  });
  return {
    nats,
    system,
    membership,
    region: opened,
    async leave() {
      await membership.leave();
      await system.shutdown();
      await nats.close();
    },
    async kill() {
      await nats.connection.close();
      await system.shutdown({ deadlineMs: 0 }).catch(() => undefined);
    },
  };
}

/** How many shards each node owns, as that one sees it. */
export function ownersSeenBy({ region }: ShardedNode): Readonly<Record<string, number>> {
  const owners: Record<string, number> = {};
  for (const { node, state } of region.info().shards) {
    const name = state === "free" ? "nobody" : node!;
    owners[name] = (owners[name] ?? 0) + 1;
  }
  return owners;
}
