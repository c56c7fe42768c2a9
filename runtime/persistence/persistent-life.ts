/** One life of an event-sourced actor; the contract stands in `event-sourced.ts`. */
import type { ActorContext } from "../actor.ts";
import type { Address } from "../address.ts";
import {
  isThenable,
  MyriadError,
  shown,
  type Fence,
  type Journal,
  type Revision,
} from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import { storeEvent, type EventSchema, type StoredEvent } from "./event-schema.ts";
import { promiseReturned } from "../returned-promise.ts";
import type { Decision } from "./event-sourced.ts";
import type { MessageIds } from "./message-ids.ts";
import { recoverState, type KeptState, type Recovered } from "./recover-state.ts";

export interface LifeRules<State, Command, Event> {
  readonly name: string;
  readonly handle: (
    state: State,
    command: Command,
    ctx: ActorContext<Command>,
  ) => Decision<State, Command, Event>;
  readonly apply: (state: State, event: Event) => State;
  readonly recovered: ((state: State, ctx: ActorContext<Command>) => void) | null;
  readonly messageId: ((command: Command) => string | null) | null;
  readonly duplicate: ((state: State, command: Command, ctx: ActorContext<Command>) => void) | null;
  readonly rememberedIds: number;
  readonly snapshotEvery: number;
  readonly schema: EventSchema;
}

/** Its type says that it returns nothing; an asynchronous one has that type as well. */
type Effect<State, Command> = (state: State, ctx: ActorContext<Command>) => unknown;

/** An effect with the state that it is to see. */
interface Due<State, Command> {
  readonly effect: Effect<State, Command>;
  readonly state: State;
}

/** Decisions that go to the journal in one append. */
interface Gathered<State, Command> {
  readonly events: StoredEvent[];
  readonly effects: Due<State, Command>[];
  commands: number;
  /** After all of them. */
  state: State;
}

const MAX_GATHERED = 1_024;

/** The end of an append. */
class Settled {
  /** Null: the journal did not keep it. */
  readonly revision: Revision | null;
  readonly error: unknown;

  constructor(revision: Revision | null, error: unknown) {
    this.revision = revision;
    this.error = error;
  }
}

/** The end of a recovery. */
class Read<State> {
  /** Null: it failed. */
  readonly recovered: Recovered<State> | null;
  readonly error: unknown;

  constructor(recovered: Recovered<State> | null, error: unknown) {
    this.recovered = recovered;
    this.error = error;
  }
}

// A life sends these to itself only, so no command type has to name them.
const kept = (revision: Revision): never => new Settled(revision, null) as never;
const notKept = (error: unknown): never => new Settled(null, error) as never;
const notRead = (error: unknown): never => new Read(null, error) as never;

export class PersistentLife<State, Command, Event> {
  readonly #rules: LifeRules<State, Command, Event>;
  readonly #journal: Journal;
  readonly #stream: string;
  readonly #fence: Fence | null;
  /** With all that was decided, kept or not. */
  #state!: State;
  #revision!: Revision;
  #ids!: MessageIds;
  #gathering: Gathered<State, Command> | null = null;
  #appending: Gathered<State, Command> | null = null;
  #underWay: Promise<Revision> | null = null;
  #held = false;
  #failure: MyriadError | null = null;
  #sinceSnapshot = 0;
  #savingSnapshot = false;

  constructor(
    rules: LifeRules<State, Command, Event>,
    journal: Journal,
    stream: string,
    fence: Fence | null,
  ) {
    this.#rules = rules;
    this.#journal = journal;
    this.#stream = stream;
    this.#fence = fence;
  }

  /** The append that has not been settled, if any; never rejects. */
  get underWay(): Promise<unknown> | null {
    return this.#underWay?.catch(() => undefined) ?? null;
  }

  recover(empty: State, leftover: Promise<unknown> | null, ctx: ActorContext<Command>): void {
    ctx.hold();
    ctx.pipe(
      recoverState(this.#rules, {
        journal: this.#journal,
        stream: this.#stream,
        fence: this.#fence,
        empty,
        leftover,
      }),
      (recovered) => new Read(recovered, null) as never,
      notRead,
    );
  }

  receive(message: unknown, ctx: ActorContext<Command>): void {
    if (message instanceof Settled) this.#settle(message, ctx);
    else if (message instanceof Read) this.#begin(message as Read<State>, ctx);
    else this.#command(message as Command, ctx);
  }

  /** Takes what `decide` makes of the state; @param id of the command that is decided about */
  decide(
    decide: (state: State) => Decision<State, Command, Event>,
    id: string | null,
    ctx: ActorContext<Command>,
  ): void {
    if (this.#failure !== null) throw this.#failure;
    this.#take(decide(this.#state), id, ctx);
  }

  #begin({ recovered, error }: Read<State>, ctx: ActorContext<Command>): void {
    ctx.release();
    if (recovered === null) {
      const message = `The state of ${ctx.self.address} could not be recovered from "${this.#stream}"`;
      this.#failure = runtimeError("RECOVERY_FAILED", message, { cause: error });
      throw this.#failure;
    }
    this.#state = recovered.state;
    this.#revision = recovered.revision;
    this.#ids = recovered.ids;
    this.#sinceSnapshot = recovered.eventsRead;
    atOnce(this.#rules.recovered?.(this.#state, ctx), "recovered", ctx);
  }

  #command(command: Command, ctx: ActorContext<Command>): void {
    if (this.#failure !== null) throw this.#failure;
    const { handle, messageId, duplicate } = this.#rules;
    const id = messageId === null ? null : atOnce(messageId(command), "messageId", ctx);
    if (id !== null && typeof id !== "string") throw idless(id);
    if (id === null || !this.#ids.has(id)) this.#take(handle(this.#state, command, ctx), id, ctx);
    else if (duplicate !== null) this.#take({ effect: (state) => duplicate(state, command, ctx) }, null, ctx);
  }

  #take(decision: Decision<State, Command, Event>, id: string | null, ctx: ActorContext<Command>): void {
    if (!isDecision(decision)) throw undecided(decision, ctx);
    const { events, effect } = decision;
    if (events === undefined || events.length === 0) {
      if (effect === undefined) return;
      if (this.#appending === null) run(effect, this.#state, ctx);
      else this.#gather([], effect, this.#state);
      return;
    }
    const { apply, schema } = this.#rules;
    // Nothing is changed before `apply` has taken them all: what it throws leaves no half decision behind.
    let state = this.#state;
    for (const event of events) state = atOnce(apply(state, event), "apply", ctx);
    const stored =
      events.length === 1
        ? [storeEvent(schema, events[0], id)]
        : events.map((event, index) => storeEvent(schema, event, index === 0 ? id : null));
    const gathered = this.#gather(stored, effect, state);
    this.#state = state;
    if (id !== null) this.#ids.add(id);
    if (this.#appending === null) this.#append(ctx);
    else this.#holdAtBound(gathered, ctx);
  }

  /** The first arrays are used as they are: most appends are of one decision, and growing costs each of them. */
  #gather(
    events: StoredEvent[],
    effect: Effect<State, Command> | undefined,
    state: State,
  ): Gathered<State, Command> {
    const effects = effect === undefined ? [] : [{ effect, state }];
    const gathered = this.#gathering;
    if (gathered === null) return (this.#gathering = { events, effects, commands: 1, state });
    for (const event of events) gathered.events.push(event);
    for (const due of effects) gathered.effects.push(due);
    gathered.commands += 1;
    gathered.state = state;
    return gathered;
  }

  #holdAtBound(gathered: Gathered<State, Command>, ctx: ActorContext<Command>): void {
    if (this.#held || gathered.commands < MAX_GATHERED) return;
    this.#held = true;
    ctx.hold();
  }

  #append(ctx: ActorContext<Command>): void {
    const gathered = this.#gathering!;
    this.#gathering = null;
    this.#appending = gathered;
    ctx.unsettled();
    const fence = this.#fence ?? undefined;
    this.#underWay = this.#journal.append(this.#stream, this.#revision, gathered.events, fence);
    ctx.pipe(this.#underWay, kept, notKept);
  }

  #settle({ revision, error }: Settled, ctx: ActorContext<Command>): void {
    this.#underWay = null;
    if (revision === null) {
      this.#failure = this.#notKept(error, ctx);
      throw this.#failure;
    }
    const { effects, events, state } = this.#appending!;
    this.#appending = null;
    this.#revision = revision;
    this.#snapshot(state, events.length, ctx);
    if (this.#held) {
      this.#held = false;
      ctx.release();
    }
    const gathered = this.#gathering;
    // Before the effects: one of them may throw.
    if (gathered === null || gathered.events.length === 0) ctx.settled();
    if (gathered === null) runAll(effects, ctx);
    else this.#goOn(gathered, effects, ctx);
  }

  /** The next append is on its way before the effects of the last one run. */
  #goOn(
    gathered: Gathered<State, Command>,
    effects: readonly Due<State, Command>[],
    ctx: ActorContext<Command>,
  ): void {
    if (gathered.events.length > 0) {
      this.#append(ctx);
      runAll(effects, ctx);
      return;
    }
    // Commands that kept nothing: what they have seen is in the journal now.
    this.#gathering = null;
    runAll([...effects, ...gathered.effects], ctx);
  }

  #snapshot(state: State, events: number, ctx: ActorContext<Command>): void {
    this.#sinceSnapshot += events;
    if (this.#sinceSnapshot < this.#rules.snapshotEvery || this.#savingSnapshot) return;
    this.#sinceSnapshot = 0;
    this.#savingSnapshot = true;
    // Not the ids of commands that are not in the journal yet: after a crash they would never be handled.
    const ahead = new Set(this.#gathering?.events.map(({ id }) => id));
    const ids = this.#ids.list().filter((id) => !ahead.has(id));
    const content: KeptState = { v: this.#rules.schema.version, s: state, ids };
    const { address } = ctx.self;
    const { events: stream } = ctx.system;
    void this.#journal.saveSnapshot(this.#stream, { revision: this.#revision, state: content }).then(
      () => (this.#savingSnapshot = false),
      (error: unknown) => {
        this.#savingSnapshot = false;
        stream.publish({ kind: "snapshot-failed", address, error });
      },
    );
  }

  #notKept(cause: unknown, ctx: ActorContext<Command>): MyriadError {
    const code = cause instanceof MyriadError ? cause.code : null;
    const isConflict = code === "JOURNAL_CONFLICT" || code === "JOURNAL_FENCED";
    return isConflict
      ? runtimeError("STREAM_CONFLICT", `${ctx.self.address} is not the only writer of "${this.#stream}"`, {
          cause,
        })
      : runtimeError("EVENTS_NOT_KEPT", `The journal did not keep what ${ctx.self.address} decided`, {
          cause,
        });
  }
}

/** Every command looks at this: no more is asked than what would go wrong, or be lost, without it. */
function isDecision(given: unknown): boolean {
  if (typeof given !== "object" || given === null) return false;
  const { events, effect } = given as { readonly events?: unknown; readonly effect?: unknown };
  if (effect === undefined) return events === undefined ? !isThenable(given) : Array.isArray(events);
  return typeof effect === "function" && (events === undefined || Array.isArray(events));
}

function undecided(given: unknown, { self }: ActorContext<never>): Error {
  if (isThenable(given)) return promiseReturned("handle or signal", self.address, given);
  const expected = "A decision is an object with an array of events, an effect, both or neither";
  return runtimeError("PERSISTENCE_INVALID", `${expected}, not ${shown(given)}`);
}

/** Two commands without an id would count as the same. */
function idless(given: unknown): Error {
  return runtimeError("PERSISTENCE_INVALID", `A message id is a text or null, not ${shown(given)}`);
}

/** @returns what a function of the actor has returned. @throws ACTOR_RETURNED_PROMISE */
export function atOnce<Returned>(
  returned: Returned,
  by: string,
  { self }: { readonly self: { readonly address: Address } },
): Returned {
  if (isThenable(returned)) throw promiseReturned(by, self.address, returned);
  return returned;
}

function run<State, Command>(effect: Effect<State, Command>, state: State, ctx: ActorContext<Command>): void {
  atOnce(effect(state, ctx), "effect or duplicate", ctx);
}

/** All of them, whatever one throws: their commands are in the journal. Then the first failure counts. */
function runAll<State, Command>(effects: readonly Due<State, Command>[], ctx: ActorContext<Command>): void {
  let failed = false;
  let failure: unknown;
  for (const { effect, state } of effects) {
    try {
      run(effect, state, ctx);
    } catch (error) {
      if (!failed) failure = error;
      failed = true;
    }
  }
  if (failed) throw failure;
}
