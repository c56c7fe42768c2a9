/**
 * Actors by key: the first message to a key spawns its actor, and one that was sent nothing for a while is
 * passivated: stopped, and spawned again by the next message. No message is lost by it.
 *
 *     nobody ──message──▶ living ──idle──▶ draining ──stopped, nothing waits──▶ nobody
 *                           ▲                 │
 *                           └──stopped, messages wait for the next one◀┘
 *
 * The keeper drains an idle actor instead of stopping it, so what is on its way is handled; what comes
 * meanwhile is kept here, and told to the actor that is spawned next. State that must outlast passivation
 * belongs in a journal.
 *
 * What is no keyed message, or cannot be passed on, the keeper refuses: it becomes a dead letter, and the actors
 * that it keeps live on.
 */
import { actor, type ActorContext, type ActorType } from "../actor.ts";
import { isActorType } from "../actor-type.ts";
import type { Address } from "../address.ts";
import { isObject, isOptionalFunction, isText } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { MailboxOptions } from "../mailbox.ts";
import type { Placement } from "../placement.ts";
import type { ActorRef } from "../ref.ts";
import { Refusal } from "../refusal.ts";
import type { Supervision } from "../supervision.ts";
import { checkDelay } from "../timers.ts";

/** A message with the key of the actor that it is for. */
export interface Keyed<Message> {
  readonly key: string;
  readonly message: Message;
}

/** What you write of actors by key: of which type they are, and when one is passivated. */
export interface ByKeyDefinition<State, Message> {
  readonly name: string;
  /** Its `args` are the key. */
  readonly type: ActorType<string, State, Message>;
  /** An actor is passivated when it was sent nothing for so long; choose it longer than its work takes. */
  readonly idleMs: number;
  /** Default: `local` for each. */
  readonly placement?: (key: string) => Placement;
  readonly supervision?: Supervision;
  /** The keeper's own. A full mailbox of one of its actors makes it wait. */
  readonly mailbox?: MailboxOptions;
}

interface Kept<Message> {
  readonly key: string;
  readonly ref: ActorRef<Message>;
  lastAt: number;
  /** Not null once it is being drained. As they came: by that the runtime knows the questions among them. */
  waiting: Keyed<Message>[] | null;
}

/** What the keeper knows of its actors. */
interface KeeperState<Message> {
  /** The one that was sent something longest ago first. */
  readonly byKey: Map<string, Kept<Message>>;
  readonly byAddress: Map<Address, Kept<Message>>;
}

/** The keeper's own timer; no user can send it. */
const IDLE = Object.freeze({ key: "", message: "idle" });

/**
 * The type of a keeper: an actor that spawns, passivates and supervises one actor a key.
 * @throws ACTOR_NAME_INVALID, ACTOR_TYPE_INVALID, TIMER_INVALID, SUPERVISION_INVALID, MAILBOX_INVALID
 */
export function byKey<State, Message>(
  definition: ByKeyDefinition<State, Message>,
): ActorType<undefined, unknown, Keyed<Message>> {
  check(isObject(definition), "ACTOR_TYPE_INVALID", "A keeper is made of its definition", definition);
  const { name, type, idleMs, placement, supervision, mailbox } = definition;
  check(isActorType(type), "ACTOR_TYPE_INVALID", "type of a keeper is made by actor(...)", type);
  const isChoice = isOptionalFunction(placement);
  check(isChoice, "ACTOR_TYPE_INVALID", "placement of a keeper is a function", placement);
  checkDelay(idleMs, 1);
  return actor<undefined, KeeperState<Message>, Keyed<Message>>({
    name,
    initial: () => ({ byKey: new Map(), byAddress: new Map() }),
    receive(state, message, ctx) {
      if ((message as unknown) === IDLE) drainIdle(definition, state, ctx);
      else if (!isKeyed(message)) throw new Refusal([message], "it is no message with a key");
      else passAll(definition, state, [message], ctx);
      return state;
    },
    signal(state, { ref }, ctx) {
      stopped(definition, state, ref.address, ctx);
      return state;
    },
    ...(supervision === undefined ? {} : { supervision }),
    ...(mailbox === undefined ? {} : { mailbox }),
  });
}

function isKeyed(given: unknown): boolean {
  return (
    typeof given === "object" && given !== null && "key" in given && isText(given.key) && "message" in given
  );
}

/** @throws Refusal of those that cannot be passed on: the actor's thread takes no such thing, or there is none to spawn */
function passAll<State, Message>(
  definition: ByKeyDefinition<State, Message>,
  state: KeeperState<Message>,
  messages: readonly Keyed<Message>[],
  ctx: ActorContext<Keyed<Message>>,
): void {
  const refused: Keyed<Message>[] = [];
  let cause: unknown;
  for (const message of messages) {
    try {
      pass(definition, state, message, ctx);
    } catch (error) {
      refused.push(message);
      cause = error;
    }
  }
  if (refused.length > 0) throw new Refusal(refused, "it could not be passed on", cause);
}

function pass<State, Message>(
  definition: ByKeyDefinition<State, Message>,
  state: KeeperState<Message>,
  keyed: Keyed<Message>,
  ctx: ActorContext<Keyed<Message>>,
): void {
  const { key, message } = keyed;
  const kept = state.byKey.get(key) ?? spawn(definition, state, key, ctx);
  if (kept.waiting !== null) {
    kept.waiting.push(keyed);
    return;
  }
  kept.lastAt = ctx.clock.monotonic();
  // To the end of the map: it is now the one that was sent something last.
  state.byKey.delete(key);
  state.byKey.set(key, kept);
  if (!ctx.timers.isActive("idle")) armFor(definition, kept, ctx);
  kept.ref.tell(message);
}

function spawn<State, Message>(
  definition: ByKeyDefinition<State, Message>,
  state: KeeperState<Message>,
  key: string,
  ctx: ActorContext<Keyed<Message>>,
): Kept<Message> {
  const ref = ctx.spawn(definition.type, key, {
    placement: definition.placement?.(key) ?? "local",
    mailbox: { overflow: "wait" },
  });
  ctx.watch(ref);
  const kept: Kept<Message> = { key, ref, lastAt: 0, waiting: null };
  state.byKey.set(key, kept);
  state.byAddress.set(ref.address, kept);
  return kept;
}

function drainIdle<State, Message>(
  definition: ByKeyDefinition<State, Message>,
  state: KeeperState<Message>,
  ctx: ActorContext<Keyed<Message>>,
): void {
  const before = ctx.clock.monotonic() - definition.idleMs;
  for (const kept of state.byKey.values()) {
    if (kept.waiting !== null) continue;
    if (kept.lastAt > before) {
      armFor(definition, kept, ctx);
      return;
    }
    kept.waiting = [];
    ctx.drain(kept.ref);
  }
}

function armFor<State, Message>(
  { idleMs }: ByKeyDefinition<State, Message>,
  kept: Kept<Message>,
  ctx: ActorContext<Keyed<Message>>,
): void {
  const delayMs = Math.max(0, kept.lastAt + idleMs - ctx.clock.monotonic());
  ctx.timers.single("idle", delayMs, IDLE as unknown as Keyed<Message>);
}

function stopped<State, Message>(
  definition: ByKeyDefinition<State, Message>,
  state: KeeperState<Message>,
  address: Address,
  ctx: ActorContext<Keyed<Message>>,
): void {
  const kept = state.byAddress.get(address);
  if (kept === undefined) return;
  state.byAddress.delete(address);
  state.byKey.delete(kept.key);
  passAll(definition, state, kept.waiting ?? [], ctx);
}
