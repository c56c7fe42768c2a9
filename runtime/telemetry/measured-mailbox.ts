/**
 * A mailbox that knows when each message came and of which trace it is. It takes the place of the plain one
 * where telemetry is on. `push` runs on the sender's stack, so what the tracer holds then is the sender's.
 */
import { Ask } from "../ask.ts";
import type { Clock } from "../contracts/index.ts";
import { Mailbox, type MailboxLimits } from "../mailbox.ts";
import { PriorityMailbox } from "../priority-mailbox.ts";
import type { Tally } from "./tally.ts";
import type { TraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

export class Letter {
  readonly item: unknown;
  /** By the monotonic clock. */
  readonly at: number;
  readonly context: TraceContext | null;

  constructor(item: unknown, at: number, context: TraceContext | null) {
    this.item = item;
    this.at = at;
    this.context = context;
  }
}

type Priority = (message: never) => number;

export class MeasuredMailbox extends Mailbox {
  readonly #letters: Mailbox;
  readonly #tally: Tally;
  readonly #clock: Clock;
  readonly #tracer: Tracer | null;
  #taken: Letter | null = null;

  constructor(
    limits: MailboxLimits,
    priority: Priority | undefined,
    tally: Tally,
    clock: Clock,
    tracer: Tracer | null,
  ) {
    super(limits);
    this.#letters =
      priority === undefined ? new Mailbox(limits) : new PriorityMailbox(limits, byItem(priority));
    this.#tally = tally;
    this.#clock = clock;
    this.#tracer = tracer;
  }

  override push(item: unknown): boolean {
    return this.#added(this.#letters.push(this.#letter(item)));
  }

  override pushBeyond(item: unknown): boolean {
    return this.#added(this.#letters.pushBeyond(this.#letter(item)));
  }

  override shift(): unknown {
    const letter = this.#letters.shift() as Letter;
    const { item } = letter;
    this.size -= 1;
    this.#tally.waiting -= 1;
    // A question whose asker has given up is not handled.
    this.#taken = item instanceof Ask && item.ended ? null : letter;
    return item;
  }

  /** The letter of the message that is about to be handled; null: it did not come by the mailbox. */
  takeLetter(): Letter | null {
    const letter = this.#taken;
    this.#taken = null;
    return letter;
  }

  #letter(item: unknown): Letter {
    // What was taken before to make room for this is not handled.
    this.#taken = null;
    return new Letter(item, this.#clock.monotonic(), this.#tracer === null ? null : this.#tracer.outgoing());
  }

  #added(added: boolean): boolean {
    if (!added) return false;
    this.size += 1;
    this.#tally.waiting += 1;
    if (this.size > this.#tally.deepest) this.#tally.deepest = this.size;
    return true;
  }
}

function byItem(priority: Priority): Priority {
  return ({ item }: Letter) => priority((item instanceof Ask ? item.message : item) as never);
}
