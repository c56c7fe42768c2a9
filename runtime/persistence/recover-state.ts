import { isThenable, NO_STREAM, type Journal, type Revision } from "../contracts/index.ts";
import { promiseReturned } from "../returned-promise.ts";
import { asStored, readEvent, type EventSchema } from "./event-schema.ts";
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

/**
 * The snapshot, then the events behind it.
 * @throws ACTOR_RETURNED_PROMISE, and whatever the journal, an upcaster or `apply` throws
 * @param leftover an append of an earlier life; until it is settled the end of the stream is not known
 */
export async function recoverState<State, Event>(
  rules: RecoveryRules<State, Event>,
  journal: Journal,
  stream: string,
  empty: State,
  leftover: Promise<unknown> | null,
): Promise<Recovered<State>> {
  await leftover;
  const { apply, schema } = rules;
  const snapshot = await usableSnapshot(journal, stream, schema);
  const ids = new MessageIds(rules.rememberedIds, snapshot?.kept.ids);
  let revision = snapshot?.revision ?? NO_STREAM;
  let state = snapshot === null ? empty : (snapshot.kept.s as State);
  let eventsRead = 0;
  for await (const read of journal.read(stream, revision)) {
    const { id } = asStored(read.event);
    state = apply(state, readEvent(schema, read.event) as Event);
    if (isThenable(state)) throw promiseReturned(`apply of "${stream}"`, null, state);
    if (id !== undefined) ids.add(id);
    revision = read.revision;
    eventsRead += 1;
  }
  return { state, revision, ids, eventsRead };
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
