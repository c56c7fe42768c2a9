import type { Address } from "./address.ts";
import type { MyriadError } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";

/**
 * Thrown by an actor of the runtime's own over messages that it cannot read, or pass on. They become dead letters
 * (`refused`), a question among them, taken now or before, fails with MESSAGE_REFUSED, and the actor goes on as it was: those that it
 * keeps, or knows of, are not to suffer for what a stranger has sent.
 */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly messages: readonly unknown[];

  constructor(messages: readonly unknown[], why: string, cause?: unknown) {
    super(why, { cause });
    this.messages = messages;
  }

  /** As others are told of it. It goes no further itself: whoever threw it again would refuse too. */
  by(address: Address): MyriadError {
    const detail = this.cause === undefined ? {} : { cause: this.cause };
    return runtimeError("MESSAGE_REFUSED", `${address} refused a message: ${this.message}`, detail);
  }
}
