import { NO_STREAM, systemClock } from "../../runtime/contracts/index.ts";
import type {
  Clock,
  Fence,
  Journal,
  JournalEvent,
  Revision,
  Snapshot,
} from "../../runtime/contracts/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
import {
  admit,
  checkAppend,
  checkPrefix,
  checkSnapshot,
  checkStreamName,
  checkUnchanged,
  EMPTY_STREAM,
} from "./admission.ts";
import type { StreamState } from "./admission.ts";
import { checkMemoryOptions } from "./journal-options.ts";
import { decodePlainData, encodePlainData } from "./plain-data.ts";
import { formatRevision, parseRevision } from "./revision.ts";

/** How a memory journal is made. */
export interface MemoryJournalOptions {
  readonly clock?: Clock;
}

/**
 * A journal that ends with the process: for tests and for runs that keep nothing.
 * @throws JOURNAL_OPTION_INVALID
 */
export function openMemoryJournal(options: MemoryJournalOptions = {}): Journal {
  checkMemoryOptions(options);
  return new MemoryJournal(options.clock ?? systemClock);
}

interface MemoryStream {
  state: StreamState;
  readonly events: StoredEvent[];
}

/** Kept as bytes, so that no reader shares an object with the writer. */
interface StoredEvent {
  readonly recordedAt: number;
  readonly bytes: Uint8Array;
}

class MemoryJournal implements Journal {
  readonly #clock: Clock;
  readonly #streams = new Map<string, MemoryStream>();
  readonly #snapshots = new Map<string, { readonly revision: Revision; readonly bytes: Uint8Array }>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async append(
    stream: string,
    expected: Revision,
    events: readonly unknown[],
    fence?: Fence,
  ): Promise<Revision> {
    const known = checkAppend(stream, expected, events, fence);
    const eventCount = events.length;
    // Before anything is awaited: what the caller does to its events afterwards is not our business.
    const stored = this.#encode(events);
    checkUnchanged(events, eventCount);
    await this.#open();
    const before = this.#streams.get(stream)?.state ?? EMPTY_STREAM;
    const next = admit(before, { stream, expected, eventCount, fence: known });
    if (next instanceof MyriadError) throw next;
    if (eventCount > 0) this.#store(stream, next, stored);
    return next.revision;
  }

  read(stream: string, from: Revision = NO_STREAM): AsyncIterable<JournalEvent> {
    const { state, events } = this.#streams.get(stream) ?? { state: EMPTY_STREAM, events: [] };
    return this.#readUpTo(stream, from, state.eventCount, events);
  }

  async revision(stream: string): Promise<Revision> {
    await this.#open();
    checkStreamName(stream);
    return this.#streams.get(stream)?.state.revision ?? NO_STREAM;
  }

  async streams(prefix = ""): Promise<readonly string[]> {
    await this.#open();
    checkPrefix(prefix);
    return [...this.#streams.keys()].filter((name) => name.startsWith(prefix));
  }

  async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    const { revision, state } = checkSnapshot(stream, snapshot);
    parseRevision(stream, revision, this.#streams.get(stream)?.state.eventCount ?? 0);
    // Before anything is awaited, as in `append`.
    const bytes = encodePlainData(state).slice();
    await this.#open();
    this.#snapshots.set(stream, { revision, bytes });
  }

  async loadSnapshot(stream: string): Promise<Snapshot | null> {
    await this.#open();
    checkStreamName(stream);
    const kept = this.#snapshots.get(stream);
    return kept === undefined ? null : { revision: kept.revision, state: decodePlainData(kept.bytes) };
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  async *#readUpTo(
    stream: string,
    from: Revision,
    eventCount: number,
    events: readonly StoredEvent[],
  ): AsyncGenerator<JournalEvent> {
    checkStreamName(stream);
    for (let index = parseRevision(stream, from, eventCount); index < eventCount; index++) {
      await this.#open();
      const { recordedAt, bytes } = events[index]!;
      yield { stream, revision: formatRevision(index + 1), recordedAt, event: decodePlainData(bytes) };
    }
  }

  #encode(events: readonly unknown[]): readonly StoredEvent[] {
    const recordedAt = this.#clock.now();
    // Unlike `map` this fills holes, as a file journal does.
    return Array.from(events, (event) => ({ recordedAt, bytes: encodePlainData(event).slice() }));
  }

  #store(stream: string, state: StreamState, stored: readonly StoredEvent[]): void {
    const known = this.#streams.get(stream);
    if (known === undefined) {
      this.#streams.set(stream, { state, events: [...stored] });
    } else {
      known.state = state;
      for (const event of stored) known.events.push(event);
    }
  }

  /** Async like every other journal's: a caller must not come to lean on an append that is done at once. */
  #open(): Promise<void> {
    return this.#closed
      ? Promise.reject(storageError("JOURNAL_CLOSED", "The journal is closed."))
      : Promise.resolve();
  }
}
