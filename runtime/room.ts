/**
 * Who waits for room in a full mailbox, in the order they came. Each is let in by a free place; it may have
 * been taken again by the time the one let in makes use of it.
 */
export interface RoomWaiter {
  /** Called once. */
  letIn(): void;
}

export class Room {
  readonly #waiting = new Set<RoomWaiter>();

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns whether it did not wait here already. */
  add(waiter: RoomWaiter): boolean {
    if (this.#waiting.has(waiter)) return false;
    this.#waiting.add(waiter);
    return true;
  }

  open(places: number): void {
    let left = places;
    for (const waiter of this.#waiting) {
      if (left <= 0) return;
      left -= 1;
      this.#waiting.delete(waiter);
      waiter.letIn();
    }
  }
}

/** The pause of one actor that has sent to full mailboxes: it ends when all of them have let it in. */
export class Pause implements RoomWaiter {
  readonly #end: (pause: Pause) => void;
  #rooms = 0;

  constructor(end: (pause: Pause) => void) {
    this.#end = end;
  }

  waitFor(room: Room): void {
    if (room.add(this)) this.#rooms += 1;
  }

  letIn(): void {
    this.#rooms -= 1;
    if (this.#rooms === 0) this.#end(this);
  }
}
