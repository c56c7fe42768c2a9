import type { Address } from "./address.ts";
import { hasMethods, isFunction, isObject } from "./contracts/index.ts";
import { check } from "./errors.ts";
import type { ActorRef } from "./ref.ts";

/**
 * Why nobody got the message:
 * - `stopped`: the receiver had stopped, or stopped while the message waited;
 * - `unknown`: no actor was ever reachable at the address;
 * - `overflow`: the mailbox was full and its policy dropped this message;
 * - `stale`: a piped result for a life of the actor that a restart has ended;
 * - `stashed`: the receiver had put it aside, and the life that did so has ended;
 * - `refused`: the receiver could not read it, or pass it on, or said so by `refuse`;
 * - `late-reply`: a reply to an ask that had ended;
 * - `thread-lost`: the receiver's thread has died; the message waited there, or was on its way;
 * - `node-lost`: the receiver's node can be reached no more; the message was on its way, and may have come.
 */
export type DeadLetterReason =
  | "stopped"
  | "unknown"
  | "overflow"
  | "stale"
  | "stashed"
  | "refused"
  | "late-reply"
  | "thread-lost"
  | "node-lost";

/** A message that nobody will handle. */
export interface DeadLetter {
  /** From another thread only what is data of it; a description of what cannot be had any more. */
  readonly message: unknown;
  readonly target: Address;
  readonly reason: DeadLetterReason;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Which dead letters are told again, and to whom. */
export interface Replay {
  /** Which to tell again; default: all. */
  readonly filter?: (letter: DeadLetter) => boolean;
  /** To whom; default: to the actor that lives now under the path of the letter's address, on this thread. */
  readonly to?: ActorRef<never>;
}

/** Keeps the newest dead letters for inspection; `total` counts all there ever were. */
export class DeadLetters {
  readonly #capacity: number;
  readonly #locate: (address: Address) => ActorRef<unknown> | null;
  #letters: DeadLetter[] = [];
  #oldest = 0;
  #total = 0;

  constructor(capacity: number, locate: (address: Address) => ActorRef<unknown> | null = () => null) {
    this.#capacity = capacity;
    this.#locate = locate;
  }

  get total(): number {
    return this.#total;
  }

  add(letter: DeadLetter): void {
    this.#total += 1;
    if (this.#letters.length < this.#capacity) {
      this.#letters.push(letter);
    } else if (this.#capacity > 0) {
      this.#letters[this.#oldest] = letter;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
    }
  }

  /** Oldest first. */
  list(): readonly DeadLetter[] {
    return [...this.#letters.slice(this.#oldest), ...this.#letters.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#keep([]);
  }

  /**
   * Tells messages again, oldest first, and keeps them no longer. Kept are those that `filter` leaves out,
   * replies that came too late and piped results (no messages), those for whom nobody lives, and those that
   * find a mailbox full. A question is told as a message: its asker is told nothing any more.
   * @returns how many were told.
   * @throws ARGUMENT_INVALID, REF_FOREIGN, and what `filter` throws; then all are kept
   */
  replay(options: Replay = {}): number {
    check(isObject(options), "ARGUMENT_INVALID", "The options of a replay are an object", options);
    const { filter = () => true, to } = options;
    check(isFunction(filter), "ARGUMENT_INVALID", "filter of a replay is a function", filter);
    check(to === undefined || hasMethods(to, "tell"), "REF_FOREIGN", "A replay is to a ref", to);
    const letters = this.list();
    let kept = letters;
    this.clear();
    try {
      const chosen = new Set(letters.filter((letter) => isMessage(letter) && filter(letter)));
      kept = letters.filter((letter) => !chosen.has(letter) || !this.#retell(letter, to));
    } finally {
      // What has become a dead letter meanwhile comes after these.
      this.#keep([...kept, ...this.list()]);
    }
    return letters.length - kept.length;
  }

  #retell(letter: DeadLetter, to: ActorRef<never> | undefined): boolean {
    const ref = to ?? this.#locate(letter.target);
    if (ref === null) return false;
    try {
      (ref as ActorRef<unknown>).tell(letter.message);
      return true;
    } catch {
      return false;
    }
  }

  #keep(letters: readonly DeadLetter[]): void {
    this.#letters = letters.slice(Math.max(0, letters.length - this.#capacity));
    this.#oldest = 0;
  }
}

/** A piped value is not what `receive` gets, and a reply is not for the actor at all. */
function isMessage({ reason }: DeadLetter): boolean {
  return reason !== "late-reply" && reason !== "stale";
}
