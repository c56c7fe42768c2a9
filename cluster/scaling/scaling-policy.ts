/**
 * How many worker nodes there should be, by target tracking: as many as take on the tasks that wait, and one more
 * while the oldest of them waits too long. Out it goes at once and by as many as are wanted, then not again before
 * a pause; in by one at a time, after fewer were wanted for the whole of a longer one. In between nothing changes, so
 * that a load which swings does not make nodes come and go.
 */
import { isBetween, isObject, isWhole, type Clock } from "../../runtime/contracts/index.ts";
import { check } from "../errors.ts";

/** When nodes are added and removed; every part has a default. */
export interface ScalingRules {
  /** Default 3. */
  readonly least?: number;
  /** Default 10. */
  readonly most?: number;
  /** Waiting tasks that one node is there for; default 100. */
  readonly pendingPerNode?: number;
  /** Milliseconds that the oldest task may wait; default 10,000. */
  readonly oldestMs?: number;
  /** Milliseconds after a change before nodes are added; default 30,000. */
  readonly outPauseMs?: number;
  /** Milliseconds for which fewer must be wanted before one is removed; default 300,000. */
  readonly inPauseMs?: number;
}

/** What waits, and for how many nodes. */
export interface Load {
  readonly pending: number;
  /** Milliseconds that the oldest of them waits; 0: none does. */
  readonly oldestMs: number;
  /** Those that take on tasks. */
  readonly nodes: number;
}

const LONGEST_MS = 2 ** 31 - 1;

/** Remembers when it last changed something, and since when it wants fewer. */
export class ScalingPolicy {
  readonly #rules: Required<ScalingRules>;
  readonly #clock: Clock;
  #changedAt = Number.NEGATIVE_INFINITY;
  #fewerSince: number | null = null;

  /** @throws CLUSTER_OPTION_INVALID */
  constructor(clock: Clock, rules: ScalingRules = {}) {
    this.#clock = clock;
    this.#rules = checkedRules(rules);
  }

  /** @returns how many nodes there should be now */
  wanted(load: Load): number {
    const { least, most, outPauseMs, inPauseMs } = this.#rules;
    const now = this.#clock.monotonic();
    const needed = Math.min(most, Math.max(least, this.#needed(load)));
    if (needed >= load.nodes) this.#fewerSince = null;
    else this.#fewerSince ??= now;
    // Nodes that have died are replaced without a pause.
    if (load.nodes < least) return this.#changed(needed, now);
    if (needed > load.nodes && now - this.#changedAt >= outPauseMs) return this.#changed(needed, now);
    if (this.#fewerSince === null || now - this.#fewerSince < inPauseMs) return load.nodes;
    this.#fewerSince = now;
    return this.#changed(load.nodes - 1, now);
  }

  #needed({ pending, oldestMs, nodes }: Load): number {
    const forAll = Math.ceil(pending / this.#rules.pendingPerNode);
    return oldestMs > this.#rules.oldestMs ? Math.max(forAll, nodes + 1) : forAll;
  }

  #changed(wanted: number, now: number): number {
    this.#changedAt = now;
    return wanted;
  }
}

function checkedRules(rules: ScalingRules): Required<ScalingRules> {
  check(isObject(rules), "CLUSTER_OPTION_INVALID", "The rules of scaling are an object", rules);
  const { least = 3, most = 10, pendingPerNode = 100, oldestMs = 10_000 } = rules;
  const { outPauseMs = 30_000, inPauseMs = 300_000 } = rules;
  check(isWhole(least, 1), "CLUSTER_OPTION_INVALID", "least is a whole number from 1", least);
  check(isWhole(most, least), "CLUSTER_OPTION_INVALID", "most is a whole number, no less than least", most);
  check(
    isBetween(pendingPerNode, 1, Infinity),
    "CLUSTER_OPTION_INVALID",
    "pendingPerNode is 1 or more",
    pendingPerNode,
  );
  for (const [name, ms] of Object.entries({ oldestMs, outPauseMs, inPauseMs })) {
    check(isBetween(ms, 0, LONGEST_MS), "CLUSTER_OPTION_INVALID", `${name} is 0 or more`, ms);
  }
  return { least, most, pendingPerNode, oldestMs, outPauseMs, inPauseMs };
}
