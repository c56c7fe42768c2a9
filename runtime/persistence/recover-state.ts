import {
  isThenable,
  MyriadError,
  NO_STREAM,
  type Fence,
  type Journal,
  type Revision,
} from "../contracts/index.ts";
import { promiseReturned } from "../returned-promise.ts";
import { asStored, isTakeover, readEvent, type EventSchema, type Takeover } from "./event-schema.ts";
import { MessageIds } from "./message-ids.ts";

/** What a snapshot of an event-sourced actor holds. */
export interface KeptState {
  /** The version of the events that it was folded from; with another one it is not used. */
  readonly v: number;
  readonly s: unknown;
  readonly ids: readonly string[];
}

export interface Recovered<State> {
  readonly state: State;
  readonly revision: Revision;
  readonly ids: MessageIds;
  /** Behind the snapshot. */
  readonly eventsRead: number;
}

export interface RecoveryRules<State, Event> {
  readonly apply: (state: State, event: Event) => State;
  readonly schema: EventSchema;
  readonly rememberedIds: number;
}

/** What a stream is recovered from, and by whom. */
export interface Recovery<State> {
  readonly journal: Journal;
  readonly stream: string;
  readonly empty: State;
  /** Null: this life writes without one. */
  readonly fence: Fence | null;
  /** An append of an earlier life; until it is settled the end of the stream is not known. */
  readonly leftover: Promise<unknown> | null;
}

/** Whoever had the stream before may write until the takeover is in it, but not for ever. */
const MOST_TAKEOVERS = 64;

/**
 * The snapshot, then the events behind it. With a fence the stream is taken over: once this resolves, nobody with
 * an older fence has written anything that is not in the state, and nobody will.
 * @throws ACTOR_RETURNED_PROMISE, and whatever the journal, an upcaster or `apply` throws
 */
export async function recoverState<State, Event>(
  rules: RecoveryRules<State, Event>,
  { journal, stream, empty, fence, leftover }: Recovery<State>,
): Promise<Recovered<State>> {
  await leftover;
  const snapshot = await usableSnapshot(journal, stream, rules.schema);
  const folding: Folding<State> = {
    state: snapshot === null ? empty : (snapshot.kept.s as State),
    revision: snapshot?.revision ?? NO_STREAM,
    ids: new MessageIds(rules.rememberedIds, snapshot?.kept.ids),
    eventsRead: 0,
    takenBy: null,
  };
  for (let attempt = 1; ; attempt++) {
    await readOn(rules, journal, stream, folding);
    if (fence === null || folding.takenBy === fence) return folding;
    const takeover: Takeover = { takeover: fence };
    try {
      folding.revision = await journal.append(stream, folding.revision, [takeover], fence);
      return folding;
    } catch (error) {
      const isLate = error instanceof MyriadError && error.code === "JOURNAL_CONFLICT";
      if (!isLate || attempt === MOST_TAKEOVERS) throw error;
    }
  }
}

interface Folding<State> extends Recovered<State> {
  state: State;
  revision: Revision;
  eventsRead: number;
  /** By the last takeover that was read. */
  takenBy: Fence | null;
}

/** Folds what stands behind what was folded. */
async function readOn<State, Event>(
  { apply, schema }: RecoveryRules<State, Event>,
  journal: Journal,
  stream: string,
  folding: Folding<State>,
): Promise<void> {
  for await (const read of journal.read(stream, folding.revision)) {
    if (isTakeover(read.event)) folding.takenBy = read.event.takeover;
    else {
      const { id } = asStored(read.event);
      const state = apply(folding.state, readEvent(schema, read.event) as Event);
      if (isThenable(state)) throw promiseReturned(`apply of "${stream}"`, null, state);
      folding.state = state;
      if (id !== undefined) folding.ids.add(id);
      folding.eventsRead += 1;
    }
    folding.revision = read.revision;
  }
}

/** A snapshot only saves time: one that cannot be read, or is of another version, is as good as none. */
async function usableSnapshot(
  journal: Journal,
  stream: string,
  schema: EventSchema,
): Promise<{ readonly revision: Revision; readonly kept: KeptState } | null> {
  const snapshot = await journal.loadSnapshot(stream).catch(() => null);
  const kept = snapshot?.state as KeptState | undefined;
  return snapshot === null || kept?.v !== schema.version ? null : { revision: snapshot.revision, kept };
}
