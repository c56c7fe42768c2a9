/**
 * One door to several actors of the same kind. A router is no actor: it picks a ref and tells it, so it adds
 * no hop, and refs of any thread will do. `pool` makes an actor of it that spawns and supervises its workers.
 *
 * - `round-robin`: each in turn.
 * - `least-mailbox`: the one with the fewest messages waiting (on another thread: sent and not yet confirmed),
 *   the first of equals counted from the one after the last choice.
 * - `{ key }`: the same key, the same actor, as long as there are as many; one more takes only its share of
 *   keys (jump consistent hash, as in placement).
 */
import { checkSignal, type AskOptions, type Reply } from "../ask.ts";
import { isObject, isText, shown } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";
import { slotOf } from "../placement.ts";
import { checkRoute, type Route } from "./route.ts";
import { Ref, type ActorRef, type AnyRef } from "../ref.ts";

/** Tells and asks one of several actors. */
export interface Router<in Message> {
  /** The ref that `message` goes to. */
  pick(message: Message): ActorRef<Message>;
  tell(message: Message): void;
  /** Routed by key, it calls `make` twice. @throws (rejects) as `ActorRef.ask` */
  ask<Value>(make: (reply: Reply<Value>) => Message, options?: AskOptions): Promise<Value>;
}

/**
 * Makes a router over `refs`, which stay the same for as long as it is used.
 * @throws ROUTER_EMPTY, ROUTER_INVALID, REF_FOREIGN; whoever then routes by a key that is no text gets ROUTER_INVALID
 */
export function router<Message>(
  refs: readonly ActorRef<Message>[],
  route: Route<Message> = "round-robin",
): Router<Message> {
  checkRefs(refs);
  checkRoute(route);
  if (refs.length === 0) throw runtimeError("ROUTER_EMPTY", "A router leads to one actor at least");
  const pick = picker(refs, route);
  return {
    pick,
    tell: (message) => pick(message).tell(message),
    ask(make, options) {
      if (typeof route === "string") return pick(undefined as Message).ask(make, options);
      return askByKey(pick, make, options);
    },
  };
}

/**
 * Tells all; one whose mailbox is full does not keep it from the others.
 * @throws AggregateError of what they threw; REF_FOREIGN, and then nobody was told
 */
export function broadcast<Message>(refs: readonly ActorRef<Message>[], message: Message): void {
  checkRefs(refs);
  const errors: unknown[] = [];
  for (const ref of refs) {
    try {
      ref.tell(message);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${refs.length} were not told`);
}

/**
 * All answers, in the order of `refs`. The first failure fails it, and cancels the other asks.
 * @throws (rejects) as `ActorRef.ask`; REF_FOREIGN
 */
export function askAll<Message, Value>(
  refs: readonly ActorRef<Message>[],
  make: (reply: Reply<Value>) => Message,
  options: AskOptions = {},
): Promise<Value[]> {
  return gather(refs, options, (each) => Promise.all(refs.map((ref) => ref.ask(make, each))));
}

/**
 * The first answer; then the other asks are cancelled.
 * @throws (rejects) AggregateError when all fail; ROUTER_EMPTY, REF_FOREIGN
 */
export function askFirst<Message, Value>(
  refs: readonly ActorRef<Message>[],
  make: (reply: Reply<Value>) => Message,
  options: AskOptions = {},
): Promise<Value> {
  return gather(refs, options, (each) => {
    if (refs.length === 0) throw runtimeError("ROUTER_EMPTY", "There is nobody to ask");
    return Promise.any(refs.map((ref) => ref.ask(make, each)));
  });
}

async function gather<Result>(
  refs: readonly AnyRef[],
  options: AskOptions,
  ask: (each: AskOptions) => Promise<Result>,
): Promise<Result> {
  checkRefs(refs);
  check(isObject(options), "ASK_INVALID", "The options of an ask are an object", options);
  if (options.signal !== undefined) checkSignal(options.signal);
  const rest = new AbortController();
  const signal = options.signal === undefined ? rest.signal : AbortSignal.any([rest.signal, options.signal]);
  try {
    return await ask({ ...options, signal });
  } finally {
    rest.abort();
  }
}

/** @throws REF_FOREIGN */
function checkRefs(refs: readonly AnyRef[]): void {
  check(Array.isArray(refs), "REF_FOREIGN", "Refs are given as an array", refs);
  for (const ref of refs) Ref.targetOf(ref);
}

function picker<Message>(
  refs: readonly ActorRef<Message>[],
  route: Route<Message>,
): (message: Message) => ActorRef<Message> {
  if (typeof route === "object") return (message) => refs[slotOf(keyOf(route.key(message)), refs.length)]!;
  let last = -1;
  if (route === "round-robin") return () => refs[(last = (last + 1) % refs.length)]!;
  return () => {
    last = leastWaiting(refs, last + 1);
    return refs[last]!;
  };
}

/** @throws ROUTER_INVALID: else all that have no text for a key would share one actor */
function keyOf(given: unknown): string {
  if (isText(given)) return given;
  throw runtimeError("ROUTER_INVALID", `The key of a message is a text, not ${shown(given)}`);
}

function leastWaiting(refs: readonly ActorRef<never>[], from: number): number {
  let best = from % refs.length;
  let fewest = Infinity;
  for (let step = 0; step < refs.length && fewest > 0; step++) {
    const index = (from + step) % refs.length;
    const waiting = Ref.targetOf(refs[index]!).waiting ?? 0;
    if (waiting >= fewest) continue;
    best = index;
    fewest = waiting;
  }
  return best;
}

/** The key is known once the message is made, so it is made twice, first around a reply that goes nowhere. */
async function askByKey<Message, Value>(
  pick: (message: Message) => ActorRef<Message>,
  make: (reply: Reply<Value>) => Message,
  options: AskOptions | undefined,
): Promise<Value> {
  const nowhere: Reply<Value> = { send: () => undefined, fail: () => undefined };
  return pick(make(nowhere)).ask(make, options);
}
