/**
 * A ref is all that one actor knows of another. It is the same wherever the actor lives: what differs is
 * the `Target` behind it. Refs are compared by `address`.
 */
import type { Address } from "./address.ts";
import { Ask, type AskOptions, type Deadlines, type Reply } from "./ask.ts";
import { shown } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";
import type { RoomWaiter } from "./room.ts";
import type { SystemMessage } from "./system-message.ts";

/** What one actor knows of another. It is the same on every thread, and may be part of a message. */
export interface ActorRef<in Message> {
  readonly address: Address;
  /**
   * Puts a message into the actor's mailbox: at most once, in the order of this sender's tells. Never waits.
   * To an actor that has stopped it becomes a dead letter.
   * @throws MAILBOX_FULL when the mailbox is full and its policy is `fail`, or `wait` and the sender is no actor
   */
  tell(message: Message): void;
  /**
   * Sends the message that `make` builds around a reply, and resolves with what is sent to that reply.
   * Ends in a reply, in time-out or in failure, always one of the three.
   * @throws (rejects) ASK_TIMEOUT; ASK_CANCELLED; ASK_TARGET_STOPPED, ASK_TARGET_UNKNOWN, ASK_TARGET_FAILED as soon as it
   *   is known; MAILBOX_FULL; MESSAGE_REFUSED; what was given to `reply.fail`; ASK_INVALID
   */
  ask<Value>(make: (reply: Reply<Value>) => Message, options?: AskOptions): Promise<Value>;
  /**
   * Resolves when the mailbox has room; at once when it has, or when the actor has stopped. Somebody else may
   * be quicker to use it: tell again, and wait again if it is full.
   */
  room(): Promise<void>;
}

/** A ref of which nothing is known but whom it names; every ref is one. */
export type AnyRef = ActorRef<never>;

/** What a ref leads to. Only the runtime sees it. */
export interface Target {
  readonly address: Address;
  readonly deadlines: Deadlines;
  /** How many messages wait there, as far as is known here; without it, none. */
  readonly waiting?: number;
  /** Lets `waiter` in as soon as there is room; without it, there always is. */
  waitForRoom?(waiter: RoomWaiter): void;
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

  room(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#target.waitForRoom === undefined) resolve();
      else this.#target.waitForRoom({ letIn: resolve });
    });
  }

  toJSON(): Address {
    return this.address;
  }

  static is(given: unknown): given is Ref<never> {
    return typeof given === "object" && given !== null && #target in given;
  }

  /** @throws REF_FOREIGN */
  static targetOf(ref: AnyRef): Target {
    const given: unknown = ref;
    if (Ref.is(given)) return given.#target;
    throw runtimeError("REF_FOREIGN", `A ref of this runtime was expected, not ${shown(given)}`);
  }
}
