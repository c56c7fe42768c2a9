/**
 * Event-sourced actors: what happened is kept, the state is folded from it.
 *
 *     you write                   the runtime calls it
 *     stream(args)             <- once per life: where this actor's events are
 *     empty(args)              <- once per life: the state before the first event
 *     fence(args)              <- once per life: keeps earlier owners of the stream from writing
 *     apply(state, event)      <- for each event, on recovery and when it is decided; pure
 *     recovered(state, ctx)    <- once per life, before its first command
 *     handle(state, cmd, ctx)  <- one command at a time: decides what to keep, and does nothing else
 *     effect(state, ctx)       <- once the journal has what was decided, and all that was decided before
 *     duplicate(state, cmd, …) <- instead of `handle`, for a command whose message id is known
 *
 * - Journal before effect: replies, tells and whatever else others can see belong into `effect`. Effects run
 *   in the order of their commands, each at most once: a crash between the journal and the effect loses it,
 *   and a sender that repeats its command then comes to `duplicate`.
 * - A life begins with its recovery: the snapshot, then the events behind it. Commands wait in the mailbox.
 * - While an append is under way, commands are handled against the state to come, and their events gather for
 *   the next append: one hot actor needs no more syncs than a thousand cold ones, and its sender sees no
 *   difference, since every effect, also that of a command that keeps nothing, waits for what it has seen.
 *   At `MAX_GATHERED` commands the mailbox holds the rest.
 * - What the journal refuses fails the actor: EVENTS_NOT_KEPT, or STREAM_CONFLICT when somebody else has
 *   written to the stream. No effect of the refused commands runs, and no command is handled until a restart
 *   has recovered the truth: after a `resume` every command fails with the same error.
 * - A drain waits until the journal has all that was decided, and the effects have run.
 * - A restart waits for the append that the last life left under way, then recovers.
 * - All of these are synchronous: one that returns a promise fails the actor (ACTOR_RETURNED_PROMISE).
 * - `ctx.hold`, `release`, `unsettled` and `settled` are used up here; do not call them.
 */
import { actor, type ActorContext, type ActorType, type Signal } from "../actor.ts";
import { isFunction, isJournal, isObject, isOptionalFunction, isText, isWhole } from "../contracts/index.ts";
import type { Fence, Journal } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";
import type { TypedMailboxOptions } from "../mailbox.ts";
import type { ActorRef } from "../ref.ts";
import type { Supervision } from "../supervision.ts";
import type { Layouts } from "../threads/layout.ts";
import { checkSchema, FIRST_SCHEMA, type EventSchema } from "./event-schema.ts";
import { atOnce, PersistentLife, type LifeRules } from "./persistent-life.ts";

/** What a command comes to: events to keep, and what is done once they are kept. */
export interface Decision<State, Command, Event> {
  /** Kept together, all or none; default: none. */
  readonly events?: readonly Event[];
  /** Gets the state after these events. What it throws fails the actor; the events are kept. */
  readonly effect?: (state: State, ctx: ActorContext<Command>) => void;
}

/** What you write of an event-sourced actor type: who calls what, and when, stands above. */
export interface EventSourcedDefinition<Args, State, Command, Event> {
  readonly name: string;
  /** Unique to this actor in its journal: two writers of one stream refuse each other. */
  stream(args: Args): string;
  empty(args: Args): State;
  /**
   * Of whoever owns this actor now: from its recovery on, nobody with an older fence can write to its stream.
   * Default: `args.fence`, if args have one, as those of a sharded actor do; null: it writes without.
   */
  fence?(args: Args): Fence | null;
  /** Must leave `state` as it is, and events must be plain data. */
  handle(state: State, command: Command, ctx: ActorContext<Command>): Decision<State, Command, Event>;
  apply(state: State, event: Event): State;
  recovered?(state: State, ctx: ActorContext<Command>): void;
  /** Decides about the stop of something watched; without it that stop fails the actor with DEATH_PACT. */
  signal?(state: State, signal: Signal, ctx: ActorContext<Command>): Decision<State, Command, Event>;
  /**
   * What tells a repeated command from a new one; null: nothing does. Kept with the command's events, so a
   * command that keeps none is handled again.
   */
  messageId?(command: Command): string | null;
  /** Runs like an effect; default: nothing happens. Say here what the first reply said. */
  duplicate?(state: State, command: Command, ctx: ActorContext<Command>): void;
  /** How many ids are known, the newest; default 1,000. */
  readonly rememberedIds?: number;
  /** A snapshot is saved after so many events; default: never. Then the state must be plain data. */
  readonly snapshotEvery?: number;
  /** Default: version 1, with nothing older to read. A snapshot of another version is not used. */
  readonly schema?: EventSchema;
  /** Default: the system's. */
  readonly journal?: Journal;
  readonly supervision?: Supervision;
  readonly mailbox?: TypedMailboxOptions<Command>;
  readonly layouts?: Layouts<Command>;
}

/**
 * An ordinary actor type. An actor whose system and definition name no journal fails with JOURNAL_MISSING; one whose
 * functions give what makes no sense with PERSISTENCE_INVALID, and nothing of that is kept.
 * @throws PERSISTENCE_INVALID, ACTOR_NAME_INVALID, ACTOR_TYPE_INVALID, SUPERVISION_INVALID, MAILBOX_INVALID
 */
export function eventSourced<Args, State, Command, Event>(
  definition: EventSourcedDefinition<Args, State, Command, Event>,
): ActorType<Args, unknown, Command> {
  const rules = lifeRules(definition);
  // What a life has left under way when it ended, for the next one of the same actor.
  const leftovers = new WeakMap<ActorRef<Command>, Promise<unknown>>();
  const { supervision, mailbox, layouts } = definition;
  const signal = definition.signal?.bind(definition) ?? null;
  return actor<Args, PersistentLife<State, Command, Event>, Command>({
    name: definition.name,
    initial(args, ctx) {
      const journal = journalOf(definition, ctx);
      const stream = checkStream(atOnce(definition.stream(args), "stream", ctx));
      const life = new PersistentLife(rules, journal, stream, fenceOf(definition, args, ctx));
      life.recover(atOnce(definition.empty(args), "empty", ctx), leftovers.get(ctx.self) ?? null, ctx);
      return life;
    },
    receive(life, message, ctx) {
      life.receive(message, ctx);
      return life;
    },
    ...(signal === null
      ? {}
      : {
          signal(life, happened, ctx) {
            life.decide((state) => signal(state, happened, ctx), null, ctx);
            return life;
          },
        }),
    stopped(life, reason, ctx) {
      if (reason.kind === "restarted" && life.underWay !== null) leftovers.set(ctx.self, life.underWay);
      else leftovers.delete(ctx.self);
    },
    ...(supervision === undefined ? {} : { supervision }),
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(layouts === undefined ? {} : { layouts }),
  });
}

function lifeRules<Args, State, Command, Event>(
  definition: EventSourcedDefinition<Args, State, Command, Event>,
): LifeRules<State, Command, Event> {
  checkMembers(definition);
  const rules: LifeRules<State, Command, Event> = {
    name: definition.name,
    handle: definition.handle.bind(definition),
    apply: definition.apply.bind(definition),
    recovered: definition.recovered?.bind(definition) ?? null,
    messageId: definition.messageId?.bind(definition) ?? null,
    duplicate: definition.duplicate?.bind(definition) ?? null,
    rememberedIds: definition.rememberedIds ?? 1_000,
    snapshotEvery: definition.snapshotEvery ?? Infinity,
    schema: checkSchema(definition.schema ?? FIRST_SCHEMA),
  };
  const { rememberedIds, snapshotEvery } = rules;
  const isEvery = snapshotEvery === Infinity || isWhole(snapshotEvery, 1);
  check(
    isWhole(rememberedIds, 1),
    "PERSISTENCE_INVALID",
    "rememberedIds is a whole number from 1",
    rememberedIds,
  );
  check(isEvery, "PERSISTENCE_INVALID", "snapshotEvery is a whole number from 1", snapshotEvery);
  return rules;
}

const NEEDED = ["stream", "empty", "handle", "apply"];
const OPTIONAL = ["fence", "recovered", "signal", "messageId", "duplicate"];

/** @throws ACTOR_TYPE_INVALID, PERSISTENCE_INVALID */
function checkMembers(definition: object): void {
  check(isObject(definition), "ACTOR_TYPE_INVALID", "An actor type is made of its definition", definition);
  const members = definition as Readonly<Record<string, unknown>>;
  for (const name of NEEDED)
    check(
      isFunction(members[name]),
      "ACTOR_TYPE_INVALID",
      `${name} of an event-sourced actor is a function`,
      members[name],
    );
  for (const name of OPTIONAL)
    check(
      isOptionalFunction(members[name]),
      "ACTOR_TYPE_INVALID",
      `${name} of an event-sourced actor is a function`,
      members[name],
    );
  const { journal } = members;
  check(journal === undefined || isJournal(journal), "PERSISTENCE_INVALID", "journal is a Journal", journal);
}

/** @throws PERSISTENCE_INVALID */
function checkStream(given: string): string {
  const isName = isText(given) && given !== "";
  check(isName, "PERSISTENCE_INVALID", "The stream of an event-sourced actor is a text", given);
  return given;
}

/** @throws PERSISTENCE_INVALID */
function fenceOf<Args>(
  definition: { fence?(args: Args): Fence | null },
  args: Args,
  ctx: ActorContext<never>,
): Fence | null {
  const own = (args as { readonly fence?: Fence } | null | undefined)?.fence;
  const fence = definition.fence === undefined ? own : atOnce(definition.fence(args), "fence", ctx);
  if (fence === null || fence === undefined) return null;
  check(isWhole(fence, 0), "PERSISTENCE_INVALID", "A fence is a whole number from 0", fence);
  return fence;
}

/** @throws JOURNAL_MISSING */
function journalOf(
  definition: { readonly name: string; readonly journal?: Journal },
  ctx: { readonly system: { readonly journal: Journal | null } },
): Journal {
  const journal = definition.journal ?? ctx.system.journal;
  if (journal !== null) return journal;
  throw runtimeError(
    "JOURNAL_MISSING",
    `${definition.name} keeps events, and its system has no journal here`,
  );
}
