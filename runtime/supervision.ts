import { isBetween, isFunction, isObject, isWhole, type Random } from "./contracts/index.ts";
import { check } from "./errors.ts";
import type { AnyRef } from "./ref.ts";

/**
 * - `resume`: the state stays, the message that failed is gone, the next one is handled.
 * - `restart`: this life ends, its children with it, and a new one begins.
 * - `stop`: the actor stops with reason `failed`.
 * - `escalate`: the supervisor itself fails with the error, and its own supervisor decides.
 */
export type Directive = "resume" | "restart" | "stop" | "escalate";

/**
 * Whom a restart or a stop takes along: nobody; all siblings; the siblings spawned later. Resume and escalate
 * are always about the one that failed.
 */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";

/** How an actor supervises its children. */
export interface Supervision {
  /** Default `one-for-one`. */
  readonly strategy?: Strategy;
  /** Default: always `restart`. An actor whose `initial` failed has no state, so `resume` then stops it. */
  readonly decide?: (error: unknown, child: FailedChild) => Directive;
  /**
   * More restarts than this within `withinMs` make the supervisor itself fail with RESTARTS_EXHAUSTED.
   * Counted per child under one-for-one, for all children together otherwise. Default 3.
   */
  readonly maxRestarts?: number;
  /** Default 5,000. */
  readonly withinMs?: number;
  /** How long the child waits, without a state, before its new life begins; default: not at all. */
  readonly backoff?: Backoff;
}

/** The n-th restart in a row waits min(maxMs, minMs · 2^(n−1)), times a factor drawn from [1 − jitter, 1 + jitter). */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** From 0 (default) to 1. */
  readonly jitter?: number;
}

/** The child about whose failure a supervisor decides. */
export interface FailedChild {
  readonly ref: AnyRef;
  readonly name: string;
  /** The name of its actor type. */
  readonly type: string;
}

/** The supervision of an actor type, complete: every default is filled in. */
export interface SupervisionRules {
  readonly strategy: Strategy;
  readonly decide: (error: unknown, child: FailedChild) => Directive;
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly backoff: Required<Backoff> | null;
}

const STRATEGIES: readonly Strategy[] = ["one-for-one", "one-for-all", "rest-for-one"];

/** @throws SUPERVISION_INVALID */
export function supervisionRules(options: Supervision = {}): SupervisionRules {
  check(isObject(options), "SUPERVISION_INVALID", "Supervision is an object", options);
  const rules: SupervisionRules = {
    strategy: options.strategy ?? "one-for-one",
    decide: options.decide ?? (() => "restart"),
    maxRestarts: options.maxRestarts ?? 3,
    withinMs: options.withinMs ?? 5_000,
    backoff: options.backoff === undefined ? null : { jitter: 0, ...options.backoff },
  };
  const { strategy, decide, maxRestarts, withinMs, backoff } = rules;
  const code = "SUPERVISION_INVALID";
  check(STRATEGIES.includes(strategy), code, `strategy is ${STRATEGIES.join(", ")}`, strategy);
  check(isFunction(decide), code, "decide is a function", decide);
  const isLimit = maxRestarts === Infinity || isWhole(maxRestarts, 0);
  check(isLimit, code, "maxRestarts is a whole number from 0, or Infinity", maxRestarts);
  check(isPositive(withinMs), code, "withinMs is finite and positive", withinMs);
  check(
    isBackoff(backoff),
    code,
    "backoff has minMs up to maxMs, finite and positive, and jitter from 0 to 1",
    backoff,
  );
  return rules;
}

export function backoffMs(rules: SupervisionRules, restartsInARow: number, random: Random): number {
  if (rules.backoff === null) return 0;
  const { minMs, maxMs, jitter } = rules.backoff;
  const delayMs = Math.min(maxMs, minMs * 2 ** (restartsInARow - 1));
  return delayMs * (1 + jitter * (2 * random.next() - 1));
}

export function isDirective(value: unknown): value is Directive {
  return value === "resume" || value === "restart" || value === "stop" || value === "escalate";
}

function isBackoff(backoff: Required<Backoff> | null): boolean {
  if (backoff === null) return true;
  const { minMs, maxMs, jitter } = backoff;
  return isPositive(minMs) && isPositive(maxMs) && minMs <= maxMs && isBetween(jitter, 0, 1);
}

function isPositive(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0;
}
