/** What goes wrong by itself in a simulated world. Every choice comes from the world's seed. */
import { isBetween, isObject, isOptionalFunction, type Random } from "../contracts/index.ts";
import type { Address } from "../address.ts";
import { check } from "./errors.ts";

/** All chances are from 0 (default) to 1. */
export interface FaultPlan {
  /** For each step: that some worker thread dies. */
  readonly kill?: number;
  /** For each step: that an actor which has something to handle crashes first, with FAULT_INJECTED. */
  readonly crash?: number;
  /** For each message or question from thread to thread: that it is lost without a trace, as on a bad network. */
  readonly drop?: number;
  /** For each message from thread to thread: that it comes twice. */
  readonly duplicate?: number;
  /** For each message or question from thread to thread: that it comes later, up to `delayMs`, and out of order. */
  readonly delay?: number;
  /** Milliseconds of virtual time; default 1,000. */
  readonly delayMs?: number;
  /** For each datagram from node to node: that it is lost. The runtime mends this and the next two. */
  readonly loseDatagram?: number;
  /** For each datagram from node to node: that it comes twice. */
  readonly doubleDatagram?: number;
  /** For each datagram from node to node: that it overtakes others. */
  readonly mixDatagram?: number;
  /** To whom messages may be dropped, doubled and delayed, and who may crash; default: everybody. */
  readonly spares?: (address: Address) => boolean;
}

/** How often each fault has happened. */
export interface FaultCounts {
  readonly killed: number;
  readonly crashed: number;
  readonly dropped: number;
  readonly duplicated: number;
  readonly delayed: number;
}

export type Mishap = "drop" | "duplicate" | "delay" | null;

const CHANCES = [
  "kill",
  "crash",
  "drop",
  "duplicate",
  "delay",
  "loseDatagram",
  "doubleDatagram",
  "mixDatagram",
] as const;

/**
 * One fault misspelt is one that is not tested.
 * @param others what a plan may name beside its chances.
 * @throws FAULTS_INVALID
 */
export function checkChances(plan: object, chances: readonly string[], others: readonly string[] = []): void {
  check(isObject(plan), "FAULTS_INVALID", "A plan of faults is an object", plan);
  for (const [name, chance] of Object.entries(plan)) {
    if (others.includes(name)) continue;
    check(chances.includes(name), "FAULTS_INVALID", `A fault is ${chances.join(", ")}`, name);
    const isChance = chance === undefined || isBetween(chance, 0, 1);
    check(isChance, "FAULTS_INVALID", `${name} is a chance from 0 to 1`, chance);
  }
}

/** Draws from a plan until it is stopped, and counts. */
export class Faults {
  readonly delayMs: number;
  readonly spares: (address: Address) => boolean;
  readonly counts = { killed: 0, crashed: 0, dropped: 0, duplicated: 0, delayed: 0 };
  readonly #plan: FaultPlan;
  readonly #random: Random;
  #stopped = false;

  /** @throws FAULTS_INVALID */
  constructor(plan: FaultPlan, random: Random) {
    checkChances(plan, CHANCES, ["delayMs", "spares"]);
    const { delayMs = 1_000, spares } = plan;
    const isDelay = Number.isFinite(delayMs) && delayMs > 0;
    check(isDelay, "FAULTS_INVALID", "delayMs is a number of milliseconds above 0", delayMs);
    check(isOptionalFunction(spares), "FAULTS_INVALID", "spares is a function", spares);
    this.delayMs = delayMs;
    this.spares = spares ?? ((): boolean => false);
    this.#plan = plan;
    this.#random = random;
  }

  /** What happens by itself in this step. */
  step(): { readonly kill: boolean; readonly crash: boolean } {
    return { kill: this.#happens("kill"), crash: this.#happens("crash") };
  }

  /** What happens to a message between threads. */
  mishap(): Mishap {
    if (this.#happens("drop")) return "drop";
    if (this.#happens("duplicate")) return "duplicate";
    return this.#happens("delay") ? "delay" : null;
  }

  /** What happens to a datagram between nodes. */
  onTheWay(): Mishap {
    if (this.#happens("loseDatagram")) return "drop";
    if (this.#happens("doubleDatagram")) return "duplicate";
    return this.#happens("mixDatagram") ? "delay" : null;
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  laterMs(): number {
    return this.#random.next() * this.delayMs;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Draws nothing where nothing can happen, so that a plan changes only what it is about. */
  #happens(name: (typeof CHANCES)[number]): boolean {
    const chance = this.#plan[name] ?? 0;
    return !this.#stopped && chance > 0 && this.#random.next() < chance;
  }
}
