import { EMPTY_STREAM } from "./admission.ts";
import type { StreamState } from "./admission.ts";

/** Where one append lies on the disk. */
export interface EntryLocation {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly eventsBefore: number;
  readonly eventCount: number;
}

/** One stream as the index holds it, also before its first append. */
export class IndexedStream {
  readonly name: string;
  state: StreamState = EMPTY_STREAM;
  /** What it will be when the batch that is being written is on the disk; null: the batch has nothing of it. */
  ahead: StreamState | null = null;
  /** In the order of the stream; only ever grows at its end. */
  readonly locations: EntryLocation[] = [];

  constructor(name: string) {
    this.name = name;
  }
}

/** Stream → places on the disk; rebuilt from the segments on opening, held in memory. */
export class JournalIndex {
  /** In the order of their first appends. */
  readonly #streams = new Map<string, IndexedStream>();
  /** Claimed, but without any append on the disk. */
  readonly #new = new Map<string, IndexedStream>();

  /** To be read; of a stream that was never appended to, an empty one. */
  get(name: string): IndexedStream {
    return this.#streams.get(name) ?? new IndexedStream(name);
  }

  /** To be appended to: one and the same until `forget`. */
  claim(name: string): IndexedStream {
    const known = this.#streams.get(name) ?? this.#new.get(name);
    if (known !== undefined) return known;
    const stream = new IndexedStream(name);
    this.#new.set(name, stream);
    return stream;
  }

  /** Forgets what was claimed and not appended to. */
  forget(): void {
    this.#new.clear();
  }

  names(): Iterable<string> {
    return this.#streams.keys();
  }

  /** An append, after which the stream is in `state`, lies in `segment` at `offset`. */
  add(stream: IndexedStream, state: StreamState, segment: number, offset: number, length: number): void {
    const eventsBefore = stream.state.eventCount;
    const eventCount = state.eventCount - eventsBefore;
    if (stream.locations.length === 0) this.#streams.set(stream.name, stream);
    stream.state = state;
    stream.locations.push({ segment, offset, length, eventsBefore, eventCount });
  }
}
