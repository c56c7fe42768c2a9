/**
 * A probe is an actor that a test reads. What it gets waits, in order, until it is expected. Expecting lets
 * the actors settle first; `withinMs` then moves virtual time on, only as far as needed.
 */
import { inspect } from "node:util";
import { isBetween, isObject } from "../contracts/index.ts";
import { actor, type ActorContext, type ActorRef, type AnyRef, type StopReason } from "../index.ts";
import { Ref } from "../ref.ts";
import { check, testkitError } from "./errors.ts";
import type { TestSystem } from "./test-system.ts";

/** How long a probe waits. */
export interface Within {
  /** Virtual milliseconds to wait; default 0: what comes without time passing. */
  readonly withinMs?: number;
}

/** An actor that a test reads, message by message. */
export interface Probe<Message> {
  readonly ref: ActorRef<Message>;
  /** The oldest message that has not been expected yet. @throws PROBE_MISSED, CLOCK_INVALID */
  expectMessage(options?: Within): Promise<Message>;
  /** That nothing waits, nor comes in the next `forMs` (default 0) virtual milliseconds. @throws PROBE_SURPRISED, CLOCK_INVALID */
  expectNoMessage(forMs?: number): Promise<void>;
  /** @throws REF_FOREIGN */
  watch(ref: AnyRef): void;
  /** That `ref`, which the probe watches, has stopped; gives the reason. @throws PROBE_MISSED, REF_FOREIGN, CLOCK_INVALID */
  expectTerminated(ref: AnyRef, options?: Within): Promise<StopReason>;
}

class WatchCommand {
  readonly ref: AnyRef;

  constructor(ref: AnyRef) {
    this.ref = ref;
  }
}

interface Inbox {
  readonly messages: unknown[];
  readonly stopped: Map<string, StopReason>;
}

const probeActor = actor<Inbox, Inbox, unknown>({
  name: "probe",
  initial: (inbox) => inbox,
  receive(inbox, message, ctx: ActorContext<unknown>) {
    if (message instanceof WatchCommand) ctx.watch(message.ref);
    else inbox.messages.push(message);
    return inbox;
  },
  signal(inbox, signal) {
    inbox.stopped.set(signal.ref.address, signal.reason);
    return inbox;
  },
});

export class ActorProbe<Message> implements Probe<Message> {
  readonly ref: ActorRef<unknown>;
  readonly #world: TestSystem;
  readonly #inbox: Inbox = { messages: [], stopped: new Map() };

  constructor(world: TestSystem) {
    this.#world = world;
    this.ref = world.system.spawn(probeActor, this.#inbox);
  }

  async expectMessage(options: Within = {}): Promise<Message> {
    const { messages } = this.#inbox;
    await this.#until(() => messages.length > 0, waitOf(options));
    if (messages.length === 0) throw testkitError("PROBE_MISSED", "No message came");
    return messages.shift() as Message;
  }

  async expectNoMessage(forMs = 0): Promise<void> {
    const { messages } = this.#inbox;
    await this.#until(() => messages.length > 0, forMs);
    if (messages.length > 0) throw testkitError("PROBE_SURPRISED", `There came ${inspect(messages[0])}`);
  }

  watch(ref: AnyRef): void {
    Ref.targetOf(ref);
    this.ref.tell(new WatchCommand(ref));
  }

  async expectTerminated(ref: AnyRef, options: Within = {}): Promise<StopReason> {
    const { stopped } = this.#inbox;
    Ref.targetOf(ref);
    await this.#until(() => stopped.has(ref.address), waitOf(options));
    const reason = stopped.get(ref.address);
    if (reason === undefined) {
      throw testkitError("PROBE_MISSED", `${ref.address} is not known to have stopped; is it watched?`);
    }
    stopped.delete(ref.address);
    return reason;
  }

  async #until(happened: () => boolean, withinMs: number): Promise<void> {
    const { clock } = this.#world;
    const isWait = isBetween(withinMs, 0, Infinity);
    check(isWait, "CLOCK_INVALID", "A probe waits a number of milliseconds from 0", withinMs);
    const until = clock.monotonic() + withinMs;
    await this.#world.settle();
    while (!happened() && clock.monotonic() < until) {
      await clock.advance(Math.min(clock.nextDueInMs, until - clock.monotonic()));
    }
  }
}

function waitOf(options: Within): number {
  check(isObject(options), "CLOCK_INVALID", "How long a probe waits is said by { withinMs }", options);
  return options.withinMs ?? 0;
}
