/**
 * A projection folds the events of one or more streams into a model for reading.
 *
 * - It is carried on by `catchUp`, which folds what the journal has that the model lacks. Nothing happens
 *   between calls: call it from a timer, after a command, or before a query.
 * - Model and positions are handed to `save` as one thing; whoever stores them as one thing (one file replaced
 *   whole, one transaction, one event) has every event in the stored model exactly once, however often the
 *   process dies: after a crash the events behind the last save are folded again, into the model as it was then.
 * - Events of one stream come in their order. Between streams there is no order but that of their names in
 *   `streams`, or with `prefix` that of their first appends.
 */
import { NO_STREAM, type Journal, type JournalEvent, type Revision } from "../contracts/index.ts";
import { hasMethods, isJournal, isObject, isText, isThenable, isWhole } from "../contracts/index.ts";
import { check } from "../errors.ts";
import { promiseReturned } from "../returned-promise.ts";
import { checkSchema, FIRST_SCHEMA, isTakeover, readEvent, type EventSchema } from "./event-schema.ts";

/** A model with what it was folded from: stored and loaded as one thing. */
export interface Projected<Model> {
  readonly model: Model;
  /** Of each stream the revision up to which it is in the model. */
  readonly positions: Readonly<Record<string, Revision>>;
}

/** What you write of a projection: which events, how they are folded, and where the model is kept. */
export interface ProjectionDefinition<Model, Event> {
  readonly journal: Journal;
  /** Streams of event-sourced actors; with a prefix also those that are yet to come. */
  readonly streams: readonly string[] | { readonly prefix: string };
  readonly empty: Model;
  /** What `save` was last given; null or left out: begin with `empty` and the first events. */
  readonly from?: Projected<Model> | null;
  /** Of the events; default: version 1. */
  readonly schema?: EventSchema;
  /** Must leave `model` as it is. */
  apply(model: Model, event: Event, at: Omit<JournalEvent, "event">): Model;
  save(projected: Projected<Model>): Promise<void> | void;
  /** `save` is called after so many events, and at the end of `catchUp`; default 1,000. */
  readonly saveEvery?: number;
}

/** A model that follows its streams as often as it is told to. */
export interface Projection<Model> {
  readonly model: Model;
  readonly positions: Readonly<Record<string, Revision>>;
  /**
   * Folds all that the journal had when it came to each stream, and saves. Calls are carried out one after another.
   * @returns how many events were folded.
   * @throws (rejects) what the journal, an upcaster, `apply` or `save` throws; EVENT_VERSION_UNKNOWN;
   *   ACTOR_RETURNED_PROMISE for an `apply` that is asynchronous. Events before that are in the model, the next
   *   call goes on behind them.
   */
  catchUp(): Promise<number>;
}

/**
 * Makes a projection; nothing is read before the first `catchUp`.
 * @throws PERSISTENCE_INVALID
 */
export function project<Model, Event>(definition: ProjectionDefinition<Model, Event>): Projection<Model> {
  check(isObject(definition), "PERSISTENCE_INVALID", "A projection is made of its definition", definition);
  const { journal, streams, schema = FIRST_SCHEMA, saveEvery = 1_000 } = definition;
  check(isJournal(journal), "PERSISTENCE_INVALID", "journal is a Journal", journal);
  check(isStreams(streams), "PERSISTENCE_INVALID", "streams are an array of names, or { prefix }", streams);
  checkSchema(schema);
  const has = hasMethods(definition, "apply", "save");
  check(has, "PERSISTENCE_INVALID", "apply and save of a projection are functions", definition);
  check(isWhole(saveEvery, 1), "PERSISTENCE_INVALID", "saveEvery is a whole number from 1", saveEvery);
  return new Fold(definition, saveEvery);
}

function isStreams(given: unknown): boolean {
  if (Array.isArray(given)) return given.every(isText);
  return isObject(given) && "prefix" in given && isText(given.prefix);
}

class Fold<Model, Event> implements Projection<Model> {
  readonly #definition: ProjectionDefinition<Model, Event>;
  readonly #schema: EventSchema;
  readonly #saveEvery: number;
  readonly #positions: Map<string, Revision>;
  #model: Model;
  #unsaved = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(definition: ProjectionDefinition<Model, Event>, saveEvery: number) {
    const { from, empty, schema } = definition;
    this.#definition = definition;
    this.#schema = schema ?? FIRST_SCHEMA;
    this.#saveEvery = saveEvery;
    this.#model = from?.model ?? empty;
    this.#positions = new Map(Object.entries(from?.positions ?? {}));
  }

  get model(): Model {
    return this.#model;
  }

  get positions(): Readonly<Record<string, Revision>> {
    return Object.fromEntries(this.#positions);
  }

  catchUp(): Promise<number> {
    const run = (): Promise<number> => this.#catchUp();
    const result = this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  async #catchUp(): Promise<number> {
    const { journal, streams } = this.#definition;
    const names = "prefix" in streams ? await journal.streams(streams.prefix) : streams;
    let folded = 0;
    for (const name of names) folded += await this.#fold(journal, name);
    if (this.#unsaved > 0) await this.#save();
    return folded;
  }

  async #fold(journal: Journal, name: string): Promise<number> {
    let folded = 0;
    for await (const { event, ...at } of journal.read(name, this.#positions.get(name) ?? NO_STREAM)) {
      if (isTakeover(event)) continue;
      const model = this.#definition.apply(this.#model, readEvent(this.#schema, event) as Event, at);
      if (isThenable(model)) throw promiseReturned("apply of a projection", null, model);
      this.#model = model;
      this.#positions.set(name, at.revision);
      folded += 1;
      this.#unsaved += 1;
      if (this.#unsaved >= this.#saveEvery) await this.#save();
    }
    return folded;
  }

  async #save(): Promise<void> {
    await this.#definition.save({ model: this.#model, positions: this.positions });
    this.#unsaved = 0;
  }
}
