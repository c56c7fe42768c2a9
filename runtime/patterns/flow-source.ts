/** The first part of a flow: gives the items of an iterable, as many as are requested. */
import { actor, type ActorContext } from "../actor.ts";
import { isAsyncIterable, isFunction, isIterable, isObject, isThenable } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { ActorRef } from "../ref.ts";
import type { FlowMessage, FlowPart } from "./flow-protocol.ts";

type AnyIterator<Item> = Iterator<Item> | AsyncIterator<Item>;

interface SourceState<Item> {
  readonly items: AnyIterator<Item>;
  downstream: ActorRef<FlowMessage> | null;
  /** How many items may still be sent. */
  demand: number;
  /** The next item is being waited for. */
  pulling: boolean;
  ended: boolean;
}

/**
 * The first part of a flow: it gives the items of an iterable, sync or async, as they are asked for.
 * @param open makes the iterable when the flow begins; its iterator's `return` is called when the flow
 *   ends before it does. A text is no iterable here, nor is a promise of one: anything but an iterable fails the
 *   flow, the cause being FLOW_INVALID.
 * @throws FLOW_INVALID, ACTOR_NAME_INVALID
 */
export function source<Args, Item>(
  name: string,
  open: (args: Args) => Iterable<Item> | AsyncIterable<Item>,
): FlowPart<Args, never, Item> {
  check(isFunction(open), "FLOW_INVALID", "What opens a source is a function", open);
  return actor<Args, SourceState<Item>, FlowMessage>({
    name,
    initial: (args) => ({
      items: iterate(open(args)),
      downstream: null,
      demand: 0,
      pulling: false,
      ended: false,
    }),
    receive(state, message, ctx) {
      handle(state, message);
      pump(state, ctx);
      return state;
    },
    stopped: (state) => {
      if (!state.ended) close(state.items);
    },
  });
}

/** @throws FLOW_INVALID */
function iterate<Item>(items: Iterable<Item> | AsyncIterable<Item>): AnyIterator<Item> {
  if (isAsyncIterable(items)) return items[Symbol.asyncIterator]();
  check(isIterable(items), "FLOW_INVALID", "A source opens an array or another iterable of items", items);
  return items[Symbol.iterator]();
}

function handle<Item>(state: SourceState<Item>, message: FlowMessage): void {
  switch (message.kind) {
    case "connect":
      state.downstream = message.downstream;
      return;
    case "request":
      state.demand += message.count;
      return;
    case "ready":
      state.pulling = false;
      give(state, message.value);
      return;
    case "broken":
      state.ended = true;
      throw message.error;
    case "item":
    case "completed":
      return;
  }
}

function pump<Item>(state: SourceState<Item>, ctx: ActorContext<FlowMessage>): void {
  while (state.demand > 0 && !state.pulling && !state.ended) {
    const next = state.items.next();
    if (isThenable(next)) {
      state.pulling = true;
      ctx.pipe<unknown>(
        next,
        (value) => ({ kind: "ready", value }),
        (error) => ({ kind: "broken", error }),
      );
    } else give(state, next);
  }
}

/** @throws FLOW_INVALID */
function give<Item>(state: SourceState<Item>, given: unknown): void {
  check(isObject(given), "FLOW_INVALID", "next of a source's iterator gives { value, done }", given);
  const result = given as IteratorResult<Item>;
  if (result.done === true) {
    state.ended = true;
    state.downstream?.tell({ kind: "completed" });
  } else {
    state.demand -= 1;
    state.downstream?.tell({ kind: "item", item: result.value });
  }
}

function close(items: AnyIterator<unknown>): void {
  // A generator that waits for something else ends when that has come; nobody waits for it.
  const closing = items.return?.();
  if (isThenable(closing)) closing.then(undefined, () => undefined);
}
