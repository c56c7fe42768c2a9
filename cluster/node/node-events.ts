/** What of the runtime's events a node's log tells. Failures come in floods: of each kind some a second are told. */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { ActorSystem } from "../../runtime/index.ts";
import type { Log, LogFields } from "./log.ts";

const MOST_A_SECOND = 10;

/** Dead letters are counted, and stand in the metrics. */
export function logEvents({ events, clock }: ActorSystem, log: Log): void {
  const rare = (level: "info" | "warn" | "error"): Tell => new Pace(log, level, clock).tell;
  const failed = rare("warn");
  events.subscribe("actor-failed", ({ address, error, directive }) =>
    failed("an actor has failed", { actor: address, directive, error }),
  );
  const escalated = rare("error");
  events.subscribe("escalated-to-root", ({ address, error }) =>
    escalated("an actor has failed for good", { actor: address, error }),
  );
  const hooks = rare("warn");
  events.subscribe("stopped-hook-failed", ({ address, error }) =>
    hooks("an actor's stopped member has failed", { actor: address, error }),
  );
  events.subscribe("snapshot-failed", ({ address, error }) =>
    hooks("a snapshot was not saved", { actor: address, error }),
  );
  events.subscribe("thread-lost", ({ slot, why }) => log.error("a thread is lost", { slot, why }));
  events.subscribe("node-reached", ({ node }) => log.info("another node is reached", { other: node }));
  events.subscribe("node-lost", ({ node, why }) => log.warn("another node is lost", { other: node, why }));
}

type Tell = (message: string, fields: LogFields) => void;

/** Tells the first ones of each second, and then how many there were. */
class Pace {
  readonly #log: Log;
  readonly #level: "info" | "warn" | "error";
  readonly #clock: Clock;
  #told = 0;
  #untold = 0;
  #isCounting = false;

  constructor(log: Log, level: "info" | "warn" | "error", clock: Clock) {
    this.#log = log;
    this.#level = level;
    this.#clock = clock;
  }

  readonly tell: Tell = (message, fields) => {
    if (!this.#isCounting) this.#clock.schedule(1_000, () => this.#summarise(message));
    this.#isCounting = true;
    if (this.#told < MOST_A_SECOND) {
      this.#told += 1;
      this.#log[this.#level](message, fields);
    } else this.#untold += 1;
  };

  #summarise(message: string): void {
    if (this.#untold > 0)
      this.#log[this.#level](`${message}, and others within a second`, { others: this.#untold });
    this.#told = 0;
    this.#untold = 0;
    this.#isCounting = false;
  }
}
