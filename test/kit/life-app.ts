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
  KeeperState,
  PoolArgs,
  PoolState,
  Reply,
  FlowPart,
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

export const sessions: ActorType<undefined, KeeperState<SessionMessage>, Keyed<SessionMessage>> = byKey({
  name: "sessions",
  type: session,
  idleMs: 10,
  placement: (key) => ({ key }),
});

export const crew: ActorType<PoolArgs<string>, PoolState<SessionMessage>, SessionMessage> = pool({
  name: "crew",
  worker: session,
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
    registry,
    numbers,
    doubling,
    thirds,
    failing,
    summing,
  ],
  module: import.meta.url,
});
