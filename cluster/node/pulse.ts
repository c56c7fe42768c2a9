/** Whether the actors of a node's main thread still have their turns: one of them is asked each second. */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import { actor, type ActorRef, type ActorSystem, type ActorType, type Reply } from "../../runtime/index.ts";

const BEAT_MS = 1_000;
const STALE_MS = 10_000;

const pulse: ActorType<undefined, null, Reply<null>> = actor({
  name: "node-pulse",
  initial: (): null => null,
  receive(state, reply: Reply<null>) {
    reply.send(null);
    return state;
  },
});

export class Pulse {
  readonly #clock: Clock;
  readonly #ref: ActorRef<Reply<null>>;
  #seenAt: number;
  #next: Cancel = () => undefined;
  #isStopped = false;

  constructor(system: ActorSystem) {
    this.#clock = system.clock;
    this.#ref = system.spawn(pulse, undefined, { name: "node-pulse" });
    this.#seenAt = this.#clock.monotonic();
    this.#beat();
  }

  /** Whether it has answered within the last ten seconds. */
  get isBeating(): boolean {
    return this.#clock.monotonic() - this.#seenAt <= STALE_MS;
  }

  stop(): void {
    this.#isStopped = true;
    this.#next();
  }

  #beat(): void {
    const again = (): void => {
      if (!this.#isStopped) this.#next = this.#clock.schedule(BEAT_MS, () => this.#beat());
    };
    const answer = this.#ref.ask<null>((reply) => reply, { timeoutMs: STALE_MS });
    answer
      .then(
        () => (this.#seenAt = this.#clock.monotonic()),
        () => undefined,
      )
      .then(again, again);
  }
}
