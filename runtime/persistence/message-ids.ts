/** The ids of the commands that have changed the state, the newest `capacity` of them. */
export class MessageIds {
  readonly #capacity: number;
  readonly #ids: Set<string>;

  constructor(capacity: number, ids: Iterable<string> = []) {
    this.#capacity = capacity;
    this.#ids = new Set(ids);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= this.#capacity) return;
    // A set is iterated in the order of insertion: its first is the oldest.
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  list(): readonly string[] {
    return [...this.#ids];
  }
}
