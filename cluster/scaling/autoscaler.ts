/**
 * Keeps a fleet of worker nodes as large as its load wants it. It looks every few seconds, changes one thing at a
 * time, and never removes a node that was not drained. What it cannot measure it does not act upon.
 */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import { ScalingPolicy, type Load, type ScalingRules } from "./scaling-policy.ts";

/** The nodes that can be started and ended. */
export interface Fleet {
  /** Those that take on tasks, in the order in which they were started. */
  nodes(): readonly string[];
  /** Resolves when it takes on tasks. @returns its name */
  start(): Promise<string>;
  /** Resolves when it has finished what it had, and has ended. */
  drain(node: string): Promise<void>;
}

/** What was done, for logs and tests. */
export type ScalingEvent =
  | { readonly kind: "started"; readonly node: string; readonly load: Load }
  | { readonly kind: "drained"; readonly node: string; readonly load: Load }
  | { readonly kind: "failed"; readonly error: unknown };

/** How a fleet is kept. */
export interface AutoscalerOptions {
  readonly clock: Clock;
  readonly fleet: Fleet;
  /** What waits in the queues now. */
  measure(): Promise<Pick<Load, "pending" | "oldestMs">>;
  readonly rules?: ScalingRules;
  /** Milliseconds between two looks; default 5,000. */
  readonly lookMs?: number;
  readonly onEvent?: (event: ScalingEvent) => void;
}

/** Looks until it is stopped. */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #policy: ScalingPolicy;
  #cancel: Cancel = () => undefined;
  #isStopped = false;
  #looking: Promise<void> = Promise.resolve();

  /** Looks for the first time at once. @throws CLUSTER_OPTION_INVALID */
  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#policy = new ScalingPolicy(options.clock, options.rules);
    this.#next(0);
  }

  /** Resolves when nothing is under way any more; the nodes stay. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
  }

  #next(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.schedule(delayMs, () => {
      this.#looking = this.#look()
        .catch((error: unknown) => this.#options.onEvent?.({ kind: "failed", error }))
        .finally(() => this.#next(this.#options.lookMs ?? 5_000));
    });
  }

  async #look(): Promise<void> {
    const { fleet, onEvent } = this.#options;
    const waiting = await this.#options.measure();
    const load: Load = { ...waiting, nodes: fleet.nodes().length };
    const wanted = this.#policy.wanted(load);
    while (!this.#isStopped && fleet.nodes().length < wanted) {
      onEvent?.({ kind: "started", node: await fleet.start(), load });
    }
    const youngest = fleet.nodes().at(-1);
    if (this.#isStopped || youngest === undefined || fleet.nodes().length <= wanted) return;
    await fleet.drain(youngest);
    onEvent?.({ kind: "drained", node: youngest, load });
  }
}
