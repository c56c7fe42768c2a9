/**
 * Where messages wait for an actor: one in the cell itself, and as soon as a second one comes, all in a
 * mailbox. Of a large crowd few actors ever need one. It is what a cell is built on and not a part of it, since
 * most of what a spawn costs is objects and their bytes.
 */
import type { AnyActorType } from "./actor.ts";
import { Mailbox, type MailboxLimits } from "./mailbox.ts";
import { PriorityMailbox } from "./priority-mailbox.ts";

/** In the place of a message. */
const NOTHING = Symbol("nothing");

export abstract class Inbox {
  abstract readonly type: AnyActorType;
  /** The message that waits, as long as there is no mailbox. */
  #only: unknown = NOTHING;
  #mailbox: Mailbox | null = null;

  /** Call it before anything comes. */
  protected useMailbox(mailbox: Mailbox): void {
    this.#mailbox = mailbox;
  }

  get limits(): MailboxLimits {
    return this.#mailbox === null ? this.type.mailbox : this.#mailbox.limits;
  }

  /** How many messages wait. */
  get waiting(): number {
    if (this.#mailbox !== null) return this.#mailbox.size;
    return this.#only === NOTHING ? 0 : 1;
  }

  protected get isFull(): boolean {
    return this.waiting >= this.limits.capacity;
  }

  /** As at `Mailbox`, like the two below. */
  protected push(item: unknown): boolean {
    if (this.#mailbox !== null || this.#only !== NOTHING) return this.#openMailbox().push(item);
    this.#only = item;
    return true;
  }

  protected pushBeyond(item: unknown): boolean {
    return this.#openMailbox().pushBeyond(item);
  }

  protected shift(): unknown {
    if (this.#mailbox !== null) return this.#mailbox.shift();
    const only = this.#only;
    this.#only = NOTHING;
    return only;
  }

  #openMailbox(): Mailbox {
    if (this.#mailbox === null) {
      this.#mailbox = mailboxFor(this.type, this.type.mailbox);
      if (this.#only !== NOTHING) this.#mailbox.push(this.#only);
      this.#only = NOTHING;
    }
    return this.#mailbox;
  }
}

export function mailboxFor(type: AnyActorType, limits: MailboxLimits): Mailbox {
  const { priority } = type.mailbox;
  return priority === undefined ? new Mailbox(limits) : new PriorityMailbox(limits, priority);
}
