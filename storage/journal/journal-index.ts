import { EMPTY_STREAM } from "./admission.ts";
import type { StreamState } from "./admission.ts";
import type { Entry } from "./segment-format.ts";

/** Where one append lies on the disk. */
export interface EntryLocation {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly eventsBefore: number;
  readonly eventCount: number;
}

export interface IndexedStream {
  readonly state: StreamState;
  /** In the order of the stream; only ever grows at its end. */
  readonly locations: readonly EntryLocation[];
}

const NO_LOCATIONS: IndexedStream = { state: EMPTY_STREAM, locations: [] };

/** Stream → places on the disk; rebuilt from the segments on opening, held in memory. */
export class JournalIndex {
  readonly #streams = new Map<string, { state: StreamState; readonly locations: EntryLocation[] }>();

  get(stream: string): IndexedStream {
    return this.#streams.get(stream) ?? NO_LOCATIONS;
  }

  names(): Iterable<string> {
    return this.#streams.keys();
  }

  add(entry: Entry, segment: number, offset: number, length: number): void {
    const { stream, eventsBefore, eventCount, fence } = entry;
    const location: EntryLocation = { segment, offset, length, eventsBefore, eventCount };
    const known = this.#streams.get(stream);
    const state = { eventCount: eventsBefore + eventCount, fence: fence ?? known?.state.fence ?? null };
    if (known === undefined) {
      this.#streams.set(stream, { state, locations: [location] });
    } else {
      known.state = state;
      known.locations.push(location);
    }
  }
}
