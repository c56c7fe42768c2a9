import { EMPTY_STREAM } from "./admission.ts";
import type { StreamState } from "./admission.ts";

/** Where one append lies on the disk. */
export interface EntryLocation {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly eventsBefore: number;
}

const NUMBERS_PER_LOCATION = 4;
/** So many numbers V8 keeps within the array itself. */
const FIRST_NUMBERS = 8;

/**
 * The places of a stream's appends, in the order of the stream; only ever grows at its end. Kept as plain
 * numbers in one typed array: half the memory of an object each, and nothing for the garbage collector to
 * follow or to copy.
 */
export class EntryLocations {
  #numbers = new Float64Array(FIRST_NUMBERS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(location: EntryLocation): void {
    const start = this.#count * NUMBERS_PER_LOCATION;
    if (start === this.#numbers.length) {
      const grown = new Float64Array(start * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[start] = location.segment;
    this.#numbers[start + 1] = location.offset;
    this.#numbers[start + 2] = location.length;
    this.#numbers[start + 3] = location.eventsBefore;
    this.#count += 1;
  }

  /** The append at `index` lies elsewhere in its segment now. */
  move(index: number, offset: number, length: number): void {
    const start = index * NUMBERS_PER_LOCATION;
    this.#numbers[start + 1] = offset;
    this.#numbers[start + 2] = length;
  }

  /** @param index below `count` */
  at(index: number): EntryLocation {
    const start = index * NUMBERS_PER_LOCATION;
    return {
      segment: this.#numbers[start]!,
      offset: this.#numbers[start + 1]!,
      length: this.#numbers[start + 2]!,
      eventsBefore: this.#numbers[start + 3]!,
    };
  }

  /** Index of the append that holds the event behind the first `after` ones; there must be one. */
  holding(after: number): number {
    let low = 0;
    let high = this.count;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#numbers[middle * NUMBERS_PER_LOCATION + 3]! <= after) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** One stream as the index holds it, also before its first append. */
export class IndexedStream {
  readonly name: string;
  state: StreamState = EMPTY_STREAM;
  /** What it will be when the batch that is being written is on the disk; null: the batch has nothing of it. */
  ahead: StreamState | null = null;
  readonly locations: EntryLocations = new EntryLocations();

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

  /** In which segments these streams have appends, in their order. */
  segmentsOf(names: Iterable<string>): ReadonlySet<number> {
    const segments = new Set<number>();
    for (const name of names) {
      const { locations } = this.get(name);
      for (let at = 0; at < locations.count; at++) segments.add(locations.at(at).segment);
    }
    return new Set([...segments].sort((one, other) => one - other));
  }

  /** An append, after which the stream is in `state`, lies in `segment` at `offset`. */
  add(stream: IndexedStream, state: StreamState, segment: number, offset: number, length: number): void {
    const eventsBefore = stream.state.eventCount;
    if (stream.locations.count === 0) this.#streams.set(stream.name, stream);
    stream.state = state;
    stream.locations.add({ segment, offset, length, eventsBefore });
  }
}
