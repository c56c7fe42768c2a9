/** An app for tests of links, flows, passivation and waiting across threads. */
import { threadId } from "node:worker_threads";
import {
  actor,
  byKey,
  defineApp,
  filtering,
  mapping,
  pool,
  registry,
  sink,
  source,
} from "../../runtime/index.ts";
import type {
  ActorRef,
  ActorType,
  App,
  Keyed,
  PoolArgs,
  RegistryEvent,
  Reply,
  FlowPart,
  Strategy,
} from "../../runtime/index.ts";

export type LinkedMessage =
  | { readonly kind: "link" | "unlink"; readonly to: ActorRef<never>; readonly reply: Reply<null> }
  | { readonly kind: "crash"; readonly why: string };

/** Links itself to what it is told. */
export const linked: ActorType<undefined, null, LinkedMessage> = actor({
  name: "linked",
  initial: () => null,
  receive(state: null, message: LinkedMessage, ctx) {
    if (message.kind === "crash") throw new Error(message.why);
    if (message.kind === "link") ctx.link(message.to);
    else ctx.unlink(message.to);
    message.reply.send(null);
    return state;
  },
});

export type ListMessage =
  | { readonly kind: "add"; readonly item: number }
  | { readonly kind: "get"; readonly reply: Reply<readonly number[]> };

/** Keeps what it gets, in a mailbox that makes its senders wait. */
export const list: ActorType<undefined, number[], ListMessage> = actor({
  name: "list",
  initial: (): number[] => [],
  receive(items: number[], message: ListMessage) {
    if (message.kind === "get") message.reply.send(items);
    else items.push(message.item);
    return items;
  },
  mailbox: { capacity: 16, overflow: "wait" },
  layouts: { add: { item: "f64" } },
});

export type SenderMessage = {
  readonly to: ActorRef<ListMessage>;
  readonly from: number;
  readonly count: number;
};

/** Sends numbers, ten a message, until it has sent `count`. */
export const sender: ActorType<undefined, null, SenderMessage> = actor({
  name: "sender",
  initial: () => null,
  receive(state: null, { to, from, count }: SenderMessage, ctx) {
    const until = Math.min(from + 10, count);
    for (let item = from; item < until; item++) to.tell({ kind: "add", item });
    if (until < count) ctx.self.tell({ to, from: until, count });
    return state;
  },
});

export type SessionMessage =
  | { readonly kind: "add" | "crash" }
  | { readonly kind: "get"; readonly reply: Reply<{ readonly count: number; readonly thread: number }> };

/** Counts, under a key. */
export const session: ActorType<string, number, SessionMessage> = actor({
  name: "session",
  initial: () => 0,
  receive(count: number, message: SessionMessage) {
    if (message.kind === "crash") throw new Error("crash");
    if (message.kind === "get") message.reply.send({ count, thread: threadId });
    return message.kind === "add" ? count + 1 : count;
  },
});

export const sessions: ActorType<undefined, unknown, Keyed<SessionMessage>> = byKey({
  name: "sessions",
  type: session,
  idleMs: 10,
  placement: (key) => ({ key }),
});

export const crew: ActorType<PoolArgs<string>, unknown, SessionMessage> = pool({
  name: "crew",
  worker: session,
});

export type MemberMessage =
  | { readonly kind: "crash" }
  | { readonly kind: "get"; readonly reply: Reply<{ readonly count: number; readonly thread: number }> };

export type GroupMessage =
  | { readonly kind: "members"; readonly reply: Reply<readonly ActorRef<MemberMessage>[]> }
  | { readonly kind: "began" | "ended"; readonly name: string }
  | { readonly kind: "log"; readonly reply: Reply<readonly string[]> };

interface MemberArgs {
  readonly name: string;
  readonly group: ActorRef<GroupMessage>;
}

const member: ActorType<MemberArgs, MemberArgs, MemberMessage> = actor({
  name: "member",
  initial({ name, group }: MemberArgs) {
    group.tell({ kind: "began", name });
    return { name, group };
  },
  receive(state, message: MemberMessage) {
    if (message.kind === "crash") throw new Error("crash");
    message.reply.send({ count: 0, thread: threadId });
    return state;
  },
  stopped: ({ name, group }) => group.tell({ kind: "ended", name }),
});

interface GroupState {
  readonly log: string[];
  readonly members: readonly ActorRef<MemberMessage>[];
}

/** Supervises members on three threads as one group, and keeps what they say of their lives. */
const groupOf = (strategy: Strategy): ActorType<undefined, GroupState, GroupMessage> =>
  actor<undefined, GroupState, GroupMessage>({
    name: strategy,
    initial: (_args, ctx) => ({
      log: [],
      members: [1, 0, 2].map((thread) => {
        const name = `on-${thread}`;
        return ctx.spawn(member, { name, group: ctx.self }, { name, placement: { thread } });
      }),
    }),
    receive(state, message) {
      if (message.kind === "members") message.reply.send(state.members);
      else if (message.kind === "log") message.reply.send(state.log);
      else state.log.push(`${message.name} ${message.kind}`);
      return state;
    },
    supervision: { strategy, backoff: { minMs: 1, maxMs: 1 } },
  });

export const oneForAll: ActorType<undefined, GroupState, GroupMessage> = groupOf("one-for-all");
export const restForOne: ActorType<undefined, GroupState, GroupMessage> = groupOf("rest-for-one");

/** Keeps what a registry tells it. */
export type NewsMessage = RegistryEvent | { readonly kind: "news"; readonly reply: Reply<readonly string[]> };

export const news: ActorType<undefined, readonly string[], NewsMessage> = actor<
  undefined,
  readonly string[],
  NewsMessage
>({
  name: "news",
  initial: () => [],
  receive(seen, message) {
    if (message.kind === "news") message.reply.send(seen);
    else return [...seen, `${message.kind} ${"name" in message ? message.name : message.key}`];
    return seen;
  },
});

export const numbers: FlowPart<number, never, number> = source("numbers", function* (to: number) {
  for (let number = 1; number <= to; number++) yield number;
});
export const doubling: FlowPart<null, number, number> = mapping("doubling", (item) => item * 2);
export const thirds: FlowPart<null, number, number> = filtering("thirds", (item) => item % 3 === 0);
export const failing: FlowPart<number, number, number> = mapping("failing", (item, at) => {
  if (item === at) throw new RangeError(`not ${at}`);
  return item;
});
export const summing: FlowPart<number[], number, never> = sink("summing", (item, into) => {
  into.push(item);
});

export const app: App = defineApp({
  actors: [
    linked,
    list,
    sender,
    session,
    sessions,
    crew,
    member,
    oneForAll,
    restForOne,
    news,
    registry,
    numbers,
    doubling,
    thirds,
    failing,
    summing,
  ],
  module: import.meta.url,
});
