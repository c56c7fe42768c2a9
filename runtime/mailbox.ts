/**
 * A mailbox: a bounded first-in, first-out ring that keeps its storage.
 *
 *     items   [ e  f  .  .  a  b  c  d ]      length is a power of two, so an index wraps by a mask
 *                    ^ tail ^ head            (tail = head + size, never stored)
 *
 * It grows by doubling until it holds `capacity`; it never shrinks. Emptied slots are cleared, so that the
 * ring keeps nothing alive that has been taken.
 */
import { isFunction, isObject, isWhole } from "./contracts/index.ts";
import { check } from "./errors.ts";

/** What happens to a message that finds the mailbox full; told one by one at `MailboxOptions`. */
export type Overflow = "fail" | "drop-newest" | "drop-oldest" | "wait";

/** How many messages may wait for an actor, and what happens to one too many. */
export interface MailboxOptions {
  /** How many messages may wait; default 65,536. */
  readonly capacity?: number;
  /**
   * What happens to a message that finds the mailbox full; default `fail`.
   * - `fail`: the sender's `tell` throws MAILBOX_FULL; an `ask` rejects with it.
   * - `drop-newest`: that message becomes a dead letter.
   * - `drop-oldest`: the one that waited longest becomes a dead letter, and makes room.
   * - `wait`: it is taken, and the actor that sends it handles nothing more after the message in hand until
   *   the mailbox has room. To a sender that is no actor, or is the actor itself, it is as `fail`: see
   *   `ActorRef.room`.
   */
  readonly overflow?: Overflow;
}

/** The mailbox of an actor type, which can also look at its messages. */
export interface TypedMailboxOptions<in Message> extends MailboxOptions {
  /**
   * Messages of a higher number are handled first, those of the same number in the order of their arrival.
   * One for which it throws or gives no number comes last. Not to be had with `drop-oldest`.
   * Default: all in the order of their arrival.
   */
  readonly priority?: (message: Message) => number;
}

/** The mailbox of an actor type, complete: every default is filled in. */
export interface MailboxLimits {
  readonly capacity: number;
  readonly overflow: Overflow;
  /** Only an actor type names it. */
  readonly priority?: (message: never) => number;
}

const DEFAULT_LIMITS: MailboxLimits = { capacity: 65_536, overflow: "fail" };
const OVERFLOWS: readonly Overflow[] = ["fail", "drop-newest", "drop-oldest", "wait"];
const OVERFLOW_EXPECTED = `overflow is ${OVERFLOWS.join(", ")}`;
const MAX_CAPACITY = 2 ** 30;
const FIRST_STORAGE = 4;
const NO_STORAGE: unknown[] = [];

/** @throws MAILBOX_INVALID */
export function mailboxLimits(
  options: TypedMailboxOptions<never> = {},
  base: MailboxLimits = DEFAULT_LIMITS,
): MailboxLimits {
  check(isObject(options), "MAILBOX_INVALID", "The options of a mailbox are an object", options);
  const capacity = options.capacity ?? base.capacity;
  const overflow = options.overflow ?? base.overflow;
  const priority = options.priority ?? base.priority;
  const isCapacity = isWhole(capacity, 1) && capacity <= MAX_CAPACITY;
  check(isCapacity, "MAILBOX_INVALID", "capacity is a whole number from 1 to 2^30", capacity);
  check(OVERFLOWS.includes(overflow), "MAILBOX_INVALID", OVERFLOW_EXPECTED, overflow);
  if (priority === undefined) return { capacity, overflow };
  check(isFunction(priority), "MAILBOX_INVALID", "priority is a function", priority);
  check(overflow !== "drop-oldest", "MAILBOX_INVALID", "With priority, overflow is another", overflow);
  return { capacity, overflow, priority };
}

export class Mailbox {
  readonly limits: MailboxLimits;
  size = 0;
  #items: unknown[] = NO_STORAGE;
  #head = 0;

  constructor(limits: MailboxLimits) {
    this.limits = limits;
  }

  /** @returns false, and takes nothing, when `capacity` messages wait already. */
  push(item: unknown): boolean {
    if (this.size === this.#items.length && !this.#grow()) return false;
    if (this.size >= this.limits.capacity) return false;
    this.#items[(this.#head + this.size) & (this.#items.length - 1)] = item;
    this.size += 1;
    return true;
  }

  /** The same for a message whose sender has kept the bound by credit: only a policy that drops refuses it. */
  pushBeyond(item: unknown): boolean {
    const { capacity, overflow } = this.limits;
    if (this.size >= capacity && overflow !== "fail" && overflow !== "wait") return false;
    if (this.size === this.#items.length) this.#enlarge();
    this.#items[(this.#head + this.size) & (this.#items.length - 1)] = item;
    this.size += 1;
    return true;
  }

  /** Takes the oldest; call it only when `size` is above 0. */
  shift(): unknown {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.size -= 1;
    return item;
  }

  #grow(): boolean {
    if (this.size >= this.limits.capacity) return false;
    this.#enlarge();
    return true;
  }

  #enlarge(): void {
    const old = this.#items;
    const grown = new Array<unknown>(Math.max(FIRST_STORAGE, old.length * 2)).fill(undefined);
    for (let index = 0; index < this.size; index++)
      grown[index] = old[(this.#head + index) & (old.length - 1)];
    this.#items = grown;
    this.#head = 0;
  }
}
