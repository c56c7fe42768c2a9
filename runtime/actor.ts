/**
 * An actor type is a value.
 *
 *     you write              the runtime calls it
 *     initial(args, ctx)  <- once per life, before anything else; gives the state
 *     receive(s, m, ctx)  <- one message at a time; returns the next state
 *     signal(s, sig, ctx) <- when something watched has stopped; returns the next state
 *     stopped(s, why, ctx)<- once per life that had a state; messages are no longer taken in this life
 *
 * A life begins at spawn and at each restart, and ends at the next restart or the stop; address, ref and
 * waiting messages outlast a restart, the state does not. All four are synchronous and run to their end
 * undisturbed. What they throw is a failure, and the parent's `supervision` decides about it.
 */
import { isFunction, isObject, isOptionalFunction, type Clock, type Random } from "./contracts/index.ts";
import { MadeType } from "./actor-type.ts";
import { isSegment } from "./address.ts";
import { check } from "./errors.ts";
import type { MailboxLimits, MailboxOptions, TypedMailboxOptions } from "./mailbox.ts";
import type { Placement } from "./placement.ts";
import type { ActorRef, AnyRef } from "./ref.ts";
import type { Supervision, SupervisionRules } from "./supervision.ts";
import type { ActorSystem } from "./system.ts";
import type { Layout, Layouts } from "./threads/layout.ts";
import type { Timers } from "./timers.ts";

/** What you write of an actor type: who calls what, and when, stands above. */
export interface ActorDefinition<Args, State, Message> {
  /** Its name in the app module: one segment of an address. */
  readonly name: string;
  initial(args: Args, ctx: ActorContext<Message>): State;
  receive(state: State, message: Message, ctx: ActorContext<Message>): State;
  /** Without it, the stop of something watched fails the actor with DEATH_PACT. */
  signal?(state: State, signal: Signal, ctx: ActorContext<Message>): State;
  stopped?(state: State, reason: StopReason, ctx: ActorContext<Message>): void;
  /** How it supervises its children; the defaults stand at `Supervision`. */
  readonly supervision?: Supervision;
  /** Its mailbox where the spawner names none. */
  readonly mailbox?: TypedMailboxOptions<Message>;
  /**
   * Binary layouts of messages, by their `kind`: such messages cross threads many times faster. Fields are
   * `f64`, `i32`, `u32`, `bool`, `string` or `reply`. Default: none, so all go as MessagePack.
   */
  readonly layouts?: Layouts<Message>;
}

/**
 * Made by `actor` and by what stands on it, such as `eventSourced`, `pool` and `byKey`; nothing else is one. A copy
 * (`{ ...type, mailbox }`) is refused as well: copy the definition, or name the mailbox at spawn.
 */
export interface ActorType<Args, State, Message> {
  readonly name: string;
  initial(args: Args, ctx: ActorContext<Message>): State;
  receive(state: State, message: Message, ctx: ActorContext<Message>): State;
  // Members of methods: those are compared both ways, so that every actor type is an `AnyActorType`.
  readonly signal: { of(state: State, signal: Signal, ctx: ActorContext<Message>): State }["of"] | null;
  readonly stopped: { of(state: State, reason: StopReason, ctx: ActorContext<Message>): void }["of"] | null;
  readonly supervision: SupervisionRules;
  readonly mailbox: MailboxLimits;
  readonly layouts: Readonly<Record<string, Layout>>;
}

/** An actor type of which no more is known than its name. */
export type AnyActorType = ActorType<unknown, unknown, unknown>;

/** Something this actor watched has stopped. */
export interface Signal {
  readonly kind: "terminated";
  readonly ref: AnyRef;
  readonly reason: StopReason;
}

/**
 * Why an actor, or one life of it, has ended:
 * - `stopped`: it or somebody else asked for it; `parent-stopped`: its parent stopped or restarted;
 * - `drained`: somebody asked for it, and it has handled all that waited;
 * - `failed`: its supervisor decided to stop it; `shutdown`: the system went down;
 * - `restarted`: only this life ends, the next begins (given to `stopped`, never to watchers);
 * - `unknown`: there was no such actor when it was to be watched.
 */
export type StopReason =
  | { readonly kind: "stopped" }
  | { readonly kind: "drained" }
  | { readonly kind: "parent-stopped" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "shutdown" }
  | { readonly kind: "restarted"; readonly error: unknown }
  | { readonly kind: "unknown" };

/** How one actor is spawned; every part has a default. */
export interface SpawnOptions {
  /** Unique among the living children of the parent; default `$1`, `$2`, … */
  readonly name?: string;
  /** Overrides what the actor type says. */
  readonly mailbox?: MailboxOptions;
  /** Default `local`. On another thread the type must be one of the app's, and `args` must be data. */
  readonly placement?: Placement;
}

/** Whoever can start actors: a system, for top-level ones, and each actor, for its children. */
export interface Spawner {
  /**
   * Starts an actor; returns at once, before `initial` has run.
   * @throws ACTOR_TYPE_INVALID, ACTOR_NAME_INVALID, ACTOR_NAME_TAKEN, MAILBOX_INVALID, PLACEMENT_INVALID,
   *   ARGUMENT_INVALID, ACTOR_STOPPING, SYSTEM_STOPPED, and for another thread ACTOR_TYPE_UNKNOWN,
   *   MESSAGE_UNSENDABLE
   */
  spawn<Args, State, Message>(
    type: ActorType<Args, State, Message>,
    args: Args,
    options?: SpawnOptions,
  ): ActorRef<Message>;
  /** Starts an actor whose type the app module knows by that name. @throws also ACTOR_TYPE_UNKNOWN */
  spawn(type: string, args: unknown, options?: SpawnOptions): ActorRef<unknown>;
}

/**
 * What an actor may do. Save `self`, `system`, `clock` and `random` it works only while the actor is handling
 * something: anywhere else, say after an await, it throws CONTEXT_OUTSIDE_TURN.
 */
export interface ActorContext<in Message> extends Spawner {
  readonly self: ActorRef<Message>;
  readonly system: ActorSystem;
  readonly clock: Clock;
  /** This actor's own stream of chance, derived from the system's by its path. */
  readonly random: Random;
  readonly timers: Timers<Message>;
  /** From now on, `signal` is called when `ref` stops; at once if it has stopped. Once per stop. */
  watch(ref: AnyRef): void;
  /** No signal about `ref` arrives any more, not even one that is on its way. */
  unwatch(ref: AnyRef): void;
  /**
   * From now on each fails with LINK_BROKEN when the other stops because of a failure, or was never there.
   * It holds for both, through restarts, until `unlink` by either or the stop of one.
   */
  link(ref: AnyRef): void;
  unlink(ref: AnyRef): void;
  /** Stops `ref` after the message it is handling; without `ref`, this actor. */
  stop(ref?: AnyRef): void;
  /** Stops `ref` after all that waits for it now, and is not held, has been handled; without `ref`, this actor. */
  drain(ref?: AnyRef): void;
  /**
   * When `promise` settles, `receive` gets the message that `onValue` or `onError` makes of it, in this
   * actor's turn. Such a message is exempt from the mailbox bound. A life that has ended gets none: it
   * becomes a dead letter (`stale`, `stopped`).
   * @throws ARGUMENT_INVALID for what is no promise, or no function
   */
  pipe<Value>(
    promise: PromiseLike<Value>,
    onValue: (value: Value) => Message,
    onError: (error: unknown) => Message,
  ): void;
  /**
   * From the next message on, messages wait in the mailbox; timers, piped results and signals still come, at
   * once. Until `release`, or the end of this life.
   */
  hold(): void;
  release(): void;
  /** From now on a drain of this actor waits until `settled`, or the end of this life: it has begun what is to be ended. */
  unsettled(): void;
  settled(): void;
  /**
   * Puts a message aside until `unstash`; at most as many as the mailbox holds. When this life ends they
   * become dead letters (`stashed`), and the questions among them fail.
   * @throws STASH_FULL
   */
  stash(message: Message): void;
  /** All that was put aside is handled next, in that order, before what waits in the mailbox. */
  unstash(): void;
  /**
   * When no message and no piped result has come for `idleMs`, `receive` gets `message`: once in each such
   * silence. Timers and signals do not break it. It replaces the one before, and ends with this life.
   * @throws TIMER_INVALID
   */
  receiveTimeout(idleMs: number, message: Message): void;
  cancelReceiveTimeout(): void;
  /**
   * Passes on a message that this actor was given, now or before, as `sent`. Of a question the asker is told
   * whatever becomes of it there: a reply, a failure, a stop. What is not taken there is refused, as by `refuse`.
   */
  forward<Sent>(to: ActorRef<Sent>, message: Message, sent: Sent): void;
  /** Will not handle a message that it was given: it becomes a dead letter (`refused`), a question fails with `error`. */
  refuse(message: Message, error: Error): void;
  /** Fails this actor, once it is done with the message in hand, as if `receive` had thrown `error`. */
  escalate(error: unknown): void;
}

/**
 * What an actor does with a message, and what it becomes: an actor whose state is a behaviour needs no more
 * than `receive: (behaviour, message, ctx) => behaviour(message, ctx)`.
 */
export interface Behaviour<Message> {
  (message: Message, ctx: ActorContext<Message>): Behaviour<Message>;
}

/**
 * Makes an actor type of its definition, after checking it.
 * @throws ACTOR_NAME_INVALID, ACTOR_TYPE_INVALID, SUPERVISION_INVALID, MAILBOX_INVALID
 */
export function actor<Args, State, Message>(
  definition: ActorDefinition<Args, State, Message>,
): ActorType<Args, State, Message> {
  check(isObject(definition), "ACTOR_TYPE_INVALID", "An actor type is made of its definition", definition);
  checkMembers(definition);
  return Object.freeze(new MadeType(definition));
}

function checkMembers(definition: {
  readonly name: unknown;
  readonly initial: unknown;
  readonly receive: unknown;
  readonly signal?: unknown;
  readonly stopped?: unknown;
}): void {
  const { name, initial, receive, signal, stopped } = definition;
  check(isSegment(name), "ACTOR_NAME_INVALID", "The name of an actor type is a segment of an address", name);
  for (const [member, given] of Object.entries({ initial, receive }))
    check(isFunction(given), "ACTOR_TYPE_INVALID", `${member} of an actor type is a function`, given);
  for (const [member, given] of Object.entries({ signal, stopped }))
    check(isOptionalFunction(given), "ACTOR_TYPE_INVALID", `${member} of an actor type is a function`, given);
}
