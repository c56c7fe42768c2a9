/** Any part of a flow but the first: handles the items it has requested, one at a time. */
import { actor, type ActorContext } from "../actor.ts";
import { isIterable, isThenable } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { ActorRef } from "../ref.ts";
import { RunQueue } from "../run-queue.ts";
import type { FlowMessage, FlowPart } from "./flow-protocol.ts";

type Connection = Extract<FlowMessage, { readonly kind: "connect" }>;

interface ConsumerState<Args, In, Out> {
  readonly args: Args;
  /** Came, and is not handled yet. With `requested`, never more than the window. */
  readonly input: RunQueue<In>;
  /** Is made, and not requested yet. Nothing is handled meanwhile, so it is what one item has given at most. */
  readonly output: RunQueue<Out>;
  connection: Connection | null;
  requested: number;
  /** How many items may still be sent. */
  demand: number;
  handled: number;
  busy: boolean;
  upstreamEnded: boolean;
  ended: boolean;
}

type Handle<Args, In, Out> = (item: In, args: Args) => Iterable<Out> | PromiseLike<Iterable<Out>>;

export function consumer<Args, In, Out>(
  name: string,
  handle: Handle<Args, In, Out>,
): FlowPart<Args, In, Out> {
  return actor<Args, ConsumerState<Args, In, Out>, FlowMessage>({
    name,
    initial: (args) => ({
      args,
      input: new RunQueue(),
      output: new RunQueue(),
      connection: null,
      requested: 0,
      demand: 0,
      handled: 0,
      busy: false,
      upstreamEnded: false,
      ended: false,
    }),
    receive(state, message, ctx) {
      take(state, message);
      if (state.connection !== null) advance(state, state.connection, handle, ctx);
      return state;
    },
  });
}

function take<Args, In, Out>(state: ConsumerState<Args, In, Out>, message: FlowMessage): void {
  switch (message.kind) {
    case "connect":
      state.connection = message;
      return;
    case "request":
      state.demand += message.count;
      return;
    case "item":
      state.requested -= 1;
      state.input.push(message.item as In);
      return;
    case "completed":
      state.upstreamEnded = true;
      return;
    case "ready":
      made(state, message.value);
      return;
    case "broken":
      throw message.error;
  }
}

function advance<Args, In, Out>(
  state: ConsumerState<Args, In, Out>,
  { upstream, downstream, window, above }: Connection,
  handle: Handle<Args, In, Out>,
  ctx: ActorContext<FlowMessage>,
): void {
  give(state, downstream);
  while (!state.busy && state.output.size === 0 && state.input.size > 0) {
    work(state, handle, ctx);
    give(state, downstream);
  }
  request(state, upstream!, window);
  const rest = state.input.size + state.output.size;
  if (!state.upstreamEnded || state.busy || rest > 0 || state.ended) return;
  state.ended = true;
  if (downstream === null) above.tell({ kind: "completed", count: state.handled });
  else downstream.tell({ kind: "completed" });
}

function work<Args, In, Out>(
  state: ConsumerState<Args, In, Out>,
  handle: Handle<Args, In, Out>,
  ctx: ActorContext<FlowMessage>,
): void {
  const result = handle(state.input.shift(), state.args);
  if (isThenable(result)) {
    state.busy = true;
    ctx.pipe<unknown>(
      result,
      (value) => ({ kind: "ready", value }),
      (error) => ({ kind: "broken", error }),
    );
  } else made(state, result);
}

/** @throws FLOW_INVALID */
function made<Args, In, Out>(state: ConsumerState<Args, In, Out>, items: unknown): void {
  check(isIterable(items), "FLOW_INVALID", "A stage gives an array or another iterable of items", items);
  state.busy = false;
  state.handled += 1;
  for (const item of items as Iterable<Out>) state.output.push(item);
}

function give<Args, In, Out>(state: ConsumerState<Args, In, Out>, to: ActorRef<FlowMessage> | null): void {
  for (; state.demand > 0 && state.output.size > 0; state.demand--) {
    to?.tell({ kind: "item", item: state.output.shift() });
  }
}

/** Asks for more by halves of the window, so that not every item costs a request. */
function request<Args, In, Out>(
  state: ConsumerState<Args, In, Out>,
  upstream: ActorRef<FlowMessage>,
  window: number,
): void {
  const room = window - state.requested - state.input.size;
  if (state.upstreamEnded || room < Math.ceil(window / 2)) return;
  state.requested += room;
  upstream.tell({ kind: "request", count: room });
}
