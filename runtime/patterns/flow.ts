/**
 * Flows between actors, driven by demand: a source, any number of stages and a sink, each an actor of its
 * own, on whatever thread.
 *
 *     source ──item──▶ stage ──item──▶ sink        a part sends only what was requested of it, so between two
 *            ◀─request(n)─   ◀─request(n)─         parts there are never more than `window` items under way
 *
 * - Each item is handled once, in order. A stage handles one at a time and may give none, one or many.
 * - What a part's function gives may be a promise: then the part waits for it before it handles the next item.
 * - Completion travels behind the last item. A failure, a cancellation or the stop of a part ends the whole
 *   flow at once; items under way are then not handled.
 * - A part of a flow on another thread must be listed in the app, and its `args` and items must be data.
 */
import { actor, type ActorContext, type ActorType, type Spawner } from "../actor.ts";
import { isActorType } from "../actor-type.ts";
import type { Reply } from "../ask.ts";
import { hasMethods, isFunction, isObject, isSignal, isThenable, isWhole } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";
import { checkPlacement, type Placement } from "../placement.ts";
import { consumer } from "./flow-consumer.ts";
import type { FlowPart } from "./flow-protocol.ts";

/** Where a part of a flow lives; default `local`. */
export interface PartOptions {
  readonly placement?: Placement;
}

/** How a flow is run. */
export interface RunOptions {
  /** How many items may be under way between two parts; default 32. */
  readonly window?: number;
  /** Its abort cancels the flow. */
  readonly signal?: AbortSignal;
}

interface PlacedPart {
  readonly type: FlowPart<unknown, unknown, unknown>;
  readonly args: unknown;
  readonly placement: Placement;
}

/** A source and stages that still lack a sink: a description, which can be run any number of times. */
export class Flow<Item> {
  readonly #parts: readonly PlacedPart[];

  private constructor(parts: readonly PlacedPart[]) {
    this.#parts = parts;
  }

  /** @throws FLOW_INVALID, PLACEMENT_INVALID */
  static from<Args, Item>(
    source: FlowPart<Args, never, Item>,
    args: Args,
    options?: PartOptions,
  ): Flow<Item> {
    return new Flow([placed(source, args, options)]);
  }

  /** @throws FLOW_INVALID, PLACEMENT_INVALID */
  via<Args, Next>(stage: FlowPart<Args, Item, Next>, args: Args, options?: PartOptions): Flow<Next> {
    return new Flow([...this.#parts, placed(stage, args, options)]);
  }

  /**
   * Runs the flow into `sink`, below `spawner`.
   * @returns how many items the sink has handled, once the flow is complete. It must be within 24 days.
   * @throws (rejects) FLOW_FAILED with the cause; ASK_CANCELLED after an abort; ASK_TARGET_STOPPED when the
   *   spawner stops; FLOW_INVALID
   */
  async into<Args>(
    spawner: Spawner,
    sink: FlowPart<Args, Item, never>,
    args: Args,
    options: RunOptions = {},
  ): Promise<number> {
    check(hasMethods(spawner, "spawn"), "FLOW_INVALID", "A flow runs below a spawner", spawner);
    const { window, signal } = runRules(options);
    const parts = [...this.#parts, placed(sink, args)];
    const ref = spawner.spawn(conductor, { parts, window });
    try {
      return await ref.ask((reply: Reply<number>) => ({ kind: "run", reply }), {
        timeoutMs: LONGEST_MS,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) ref.tell({ kind: "cancel" });
      throw error;
    }
  }
}

/** @throws FLOW_INVALID */
function runRules(options: RunOptions): RunOptions & { readonly window: number } {
  check(isObject(options), "FLOW_INVALID", "The options of a run are an object", options);
  const { window = 32, signal } = options;
  const isWindow = isWhole(window, 1) && window <= MAX_WINDOW;
  check(isWindow, "FLOW_INVALID", `window is a whole number from 1 to ${MAX_WINDOW}`, window);
  check(signal === undefined || isSignal(signal), "FLOW_INVALID", "signal is an AbortSignal", signal);
  return { ...options, window };
}

const MAX_WINDOW = 1024;
const LONGEST_MS = 2_147_483_647;

function placed<Args, In, Out>(
  type: FlowPart<Args, In, Out>,
  args: Args,
  options: PartOptions = {},
): PlacedPart {
  check(isActorType(type), "FLOW_INVALID", "A part of a flow is made by source, stage or the like", type);
  check(isObject(options), "FLOW_INVALID", "The options of a part are an object", options);
  const { placement = "local" } = options;
  checkPlacement(placement);
  return { type: type as FlowPart<unknown, unknown, unknown>, args, placement };
}

/**
 * A part that handles each item with `handle`, which gives what goes on: nothing, one item or many.
 * @param handle gives an array or another iterable, or a promise of one. A text is none here; anything else
 *   fails the flow, the cause being FLOW_INVALID.
 * @throws FLOW_INVALID, ACTOR_NAME_INVALID
 */
export function stage<Args, In, Out>(
  name: string,
  handle: (item: In, args: Args) => Iterable<Out> | PromiseLike<Iterable<Out>>,
): FlowPart<Args, In, Out> {
  checkHandler(handle);
  return consumer(name, handle);
}

/** A part that makes one item of each: what `map` gives, or what its promise resolves to. @throws FLOW_INVALID, ACTOR_NAME_INVALID */
export function mapping<Args, In, Out>(
  name: string,
  map: (item: In, args: Args) => Out | PromiseLike<Out>,
): FlowPart<Args, In, Out> {
  checkHandler(map);
  return consumer<Args, In, Out>(name, (item, args) => {
    const mapped = map(item, args);
    return isThenable(mapped) ? Promise.resolve(mapped).then((out) => [out]) : [mapped];
  });
}

/** A part that lets pass what `keep`, or its promise, says yes to. @throws FLOW_INVALID, ACTOR_NAME_INVALID */
export function filtering<Args, Item>(
  name: string,
  keep: (item: Item, args: Args) => boolean | PromiseLike<boolean>,
): FlowPart<Args, Item, Item> {
  checkHandler(keep);
  return consumer<Args, Item, Item>(name, (item, args) => {
    const kept = keep(item, args);
    if (!isThenable(kept)) return kept ? [item] : NOTHING;
    return Promise.resolve(kept).then((late) => (late ? [item] : NOTHING));
  });
}

/**
 * The last part. An item is handled when `handle` has returned, and its promise, if it gave one, has resolved;
 * whatever else it gives is nobody's.
 * @throws FLOW_INVALID, ACTOR_NAME_INVALID
 */
export function sink<Args, In>(
  name: string,
  handle: (item: In, args: Args) => unknown,
): FlowPart<Args, In, never> {
  checkHandler(handle);
  return consumer<Args, In, never>(name, (item, args) => {
    const handled = handle(item, args);
    return isThenable(handled) ? Promise.resolve(handled).then(() => NOTHING) : NOTHING;
  });
}

/** @throws FLOW_INVALID */
function checkHandler(given: unknown): void {
  check(isFunction(given), "FLOW_INVALID", "What a part of a flow does is a function", given);
}

const NOTHING: readonly never[] = [];

// ---- the actor above the parts -----------------------------------------------------------------------

type ConductorMessage =
  | { readonly kind: "run"; readonly reply: Reply<number> }
  | { readonly kind: "completed"; readonly count: number }
  | { readonly kind: "cancel" };

interface ConductorArgs {
  readonly parts: readonly PlacedPart[];
  readonly window: number;
}

interface ConductorState extends ConductorArgs {
  readonly reply: Reply<number> | null;
}

/** Spawns the parts and connects them. Any stop of a part that it has not ordered is a failure of the flow. */
const conductor: ActorType<ConductorArgs, ConductorState, ConductorMessage> = actor<
  ConductorArgs,
  ConductorState,
  ConductorMessage
>({
  name: "flow",
  initial: (args) => ({ ...args, reply: null }),
  receive(state, message, ctx) {
    switch (message.kind) {
      case "run":
        run(state, message.reply, ctx);
        return { ...state, reply: message.reply };
      case "completed":
        state.reply?.send(message.count);
        ctx.stop();
        return state;
      case "cancel":
        ctx.stop();
        return state;
    }
  },
  signal(state, { ref, reason }, ctx) {
    const cause = reason.kind === "failed" ? { cause: reason.error } : {};
    state.reply?.fail(runtimeError("FLOW_FAILED", `${ref.address} ended before the flow`, cause));
    ctx.stop();
    return { ...state, reply: null };
  },
  supervision: { decide: () => "stop" },
});

function run(
  { parts, window }: ConductorArgs,
  reply: Reply<number>,
  ctx: ActorContext<ConductorMessage>,
): void {
  try {
    const refs = parts.map(({ type, args, placement }) => {
      const ref = ctx.spawn(type, args, { placement });
      ctx.watch(ref);
      return ref;
    });
    refs.forEach((ref, index) => {
      const upstream = refs[index - 1] ?? null;
      const downstream = refs[index + 1] ?? null;
      ref.tell({ kind: "connect", upstream, downstream, window, above: ctx.self });
    });
  } catch (error) {
    reply.fail(error);
    ctx.stop();
  }
}
