/**
 * Who waits for room in a full mailbox. All are let in together, in the order they came: to let in one for
 * each free place would leave the others waiting for ever when that one has nothing more to send.
 */
export interface RoomWaiter {
  /** Called once. */
  letIn(): void;
}

export class Room {
  readonly #waiting = new Set<RoomWaiter>();

  /** @returns whether it did not wait here already. */
  add(waiter: RoomWaiter): boolean {
    if (this.#waiting.has(waiter)) return false;
    this.#waiting.add(waiter);
    return true;
  }

  open(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.letIn();
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
