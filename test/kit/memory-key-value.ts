/** A bucket in memory, with as many clients as a test has nodes, each of which can be cut off, or frozen. */
import { clusterError } from "../../cluster/errors.ts";
import type { KeyValue, KeyValueEntry, KeyValueWatch } from "../../cluster/nats/key-value.ts";

/** What becomes of a request: it is not made; it is made, and its answer lost; or all is well. */
export type Fate = "lost" | "unanswered" | "well";

export class MemoryBucket {
  readonly #entries = new Map<string, KeyValueEntry>();
  readonly #clients = new Set<MemoryKeyValue>();
  #revision = 0;

  /** @param late how long news takes; their order is kept. */
  client(
    fate: () => Fate = () => "well",
    late: () => Promise<void> = () => Promise.resolve(),
  ): MemoryKeyValue {
    const client = new MemoryKeyValue(this, fate, late);
    this.#clients.add(client);
    return client;
  }

  entries(): readonly KeyValueEntry[] {
    return [...this.#entries.values()];
  }

  get(key: string): KeyValueEntry | null {
    return this.#entries.get(key) ?? null;
  }

  /** @throws KEY_VALUE_CONFLICT */
  change(key: string, value: Uint8Array | null, expected: number): number {
    if ((this.get(key)?.revision ?? 0) !== expected) {
      throw clusterError("KEY_VALUE_CONFLICT", `${key} is not at revision ${expected}`);
    }
    const entry = { key, value: value === null ? null : Uint8Array.from(value), revision: ++this.#revision };
    this.#entries.set(key, entry);
    for (const client of this.#clients) client.changed(entry);
    return entry.revision;
  }
}

export class MemoryKeyValue implements KeyValue {
  /** While it is cut off nothing comes or goes. Then its watchers are told what there is. */
  #isCut = false;
  readonly #bucket: MemoryBucket;
  readonly #fate: () => Fate;
  readonly #late: () => Promise<void>;
  #news: Promise<void> = Promise.resolve();
  readonly #watchers = new Set<(entry: KeyValueEntry) => void>();
  /** While its process is frozen nothing that comes is noticed. */
  #thawed: Promise<void> = Promise.resolve();
  #thaw: () => void = () => undefined;

  constructor(bucket: MemoryBucket, fate: () => Fate, late: () => Promise<void>) {
    this.#bucket = bucket;
    this.#fate = fate;
    this.#late = late;
  }

  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
    for (const entry of this.#bucket.entries()) this.changed(entry);
  }

  freeze(): void {
    this.#thawed = new Promise((resolve) => (this.#thaw = resolve));
  }

  thaw(): void {
    this.#thaw();
  }

  changed(entry: KeyValueEntry): void {
    if (this.#isCut) return;
    const late = this.#late();
    this.#news = this.#news.then(async () => {
      await late;
      await this.#thawed;
      for (const seen of this.#watchers) seen(entry);
    });
  }

  get(key: string): Promise<KeyValueEntry | null> {
    return this.#request(() => this.#bucket.get(key));
  }

  put(key: string, value: Uint8Array, expected: number): Promise<number> {
    return this.#request(() => this.#bucket.change(key, value, expected));
  }

  remove(key: string, expected: number): Promise<number> {
    return this.#request(() => this.#bucket.change(key, null, expected));
  }

  async watch(seen: (entry: KeyValueEntry) => void): Promise<KeyValueWatch> {
    await this.#request(() => undefined);
    this.#watchers.add(seen);
    for (const entry of this.#bucket.entries()) seen(entry);
    return { close: () => void this.#watchers.delete(seen) };
  }

  async #request<Answer>(made: () => Answer): Promise<Answer> {
    await this.#thawed;
    const fate = this.#isCut ? "lost" : this.#fate();
    if (fate === "lost") throw clusterError("KEY_VALUE_FAILED", "the request was lost");
    const answer = made();
    await Promise.resolve();
    await this.#thawed;
    if (fate === "unanswered") throw clusterError("KEY_VALUE_FAILED", "the answer was lost");
    return answer;
  }
}
