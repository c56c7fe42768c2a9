/**
 * A ref is all that one actor knows of another. It is the same wherever the actor lives: what differs is
 * the `Target` behind it. Refs are compared by `address`.
 */
import type { Address } from "./address.ts";
import { Ask, type AskOptions, type Deadlines, type Reply } from "./ask.ts";
import { runtimeError } from "./errors.ts";
import type { SystemMessage } from "./system-message.ts";

export interface ActorRef<in Message> {
  readonly address: Address;
  /**
   * Puts a message into the actor's mailbox: at most once, in the order of this sender's tells. Never waits.
   * To an actor that has stopped it becomes a dead letter.
   * @throws MAILBOX_FULL when the mailbox is full and its policy is `fail`
   */
  tell(message: Message): void;
  /**
   * Sends the message that `make` builds around a reply, and resolves with what is sent to that reply.
   * Ends in a reply, in time-out or in failure, always one of the three.
   * @throws (rejects) ASK_TIMEOUT; ASK_TARGET_STOPPED, ASK_TARGET_UNKNOWN, ASK_TARGET_FAILED as soon as it
   *   is known; MAILBOX_FULL; what was given to `reply.fail`; ASK_INVALID
   */
  ask<Value>(make: (reply: Reply<Value>) => Message, options?: AskOptions): Promise<Value>;
}

/** A ref of which nothing is known but whom it names; every ref is one. */
export type AnyRef = ActorRef<never>;

/** What a ref leads to. Only the runtime sees it. */
export interface Target {
  readonly address: Address;
  readonly deadlines: Deadlines;
  /** Takes a message or an `Ask`. */
  post(item: unknown): void;
  /** Takes a system message: never refused, never dropped. */
  system(message: SystemMessage): void;
}

export class Ref<Message> implements ActorRef<Message> {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  get address(): Address {
    return this.#target.address;
  }

  tell(message: Message): void {
    this.#target.post(message);
  }

  ask<Value>(make: (reply: Reply<Value>) => Message, options?: AskOptions): Promise<Value> {
    return Ask.start(this.#target, make, options);
  }

  toJSON(): Address {
    return this.address;
  }

  static targetOf(ref: AnyRef): Target {
    if (#target in ref) return ref.#target;
    throw runtimeError("REF_FOREIGN", `${String(ref.address)} is not a ref of this runtime`);
  }
}
