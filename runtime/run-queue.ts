/** An unbounded first-in, first-out ring; it grows by doubling and keeps its storage. */
export class RunQueue<Item> {
  size = 0;
  #items: (Item | undefined)[];
  #head = 0;

  /** @param firstStorage slots to begin with, a power of two. */
  constructor(firstStorage = 4) {
    this.#items = new Array<Item | undefined>(firstStorage).fill(undefined);
  }

  push(item: Item): void {
    if (this.size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.size) & (this.#items.length - 1)] = item;
    this.size += 1;
  }

  /** Takes the oldest; call it only when `size` is above 0. */
  shift(): Item {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.size -= 1;
    return item!;
  }

  #grow(): void {
    const old = this.#items;
    const grown = new Array<Item | undefined>(old.length * 2).fill(undefined);
    for (let index = 0; index < this.size; index++)
      grown[index] = old[(this.#head + index) & (old.length - 1)];
    this.#items = grown;
    this.#head = 0;
  }
}
