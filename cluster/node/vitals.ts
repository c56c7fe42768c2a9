/** What a node says of itself: its phase, whether it is ready, whether it lives, and its figures. */
import type { ActorSystem } from "../../runtime/index.ts";
import type { HealthSource } from "./health.ts";
import type { NodeConfig } from "./node-config.ts";
import { prometheusText } from "./prometheus.ts";
import type { Pulse } from "./pulse.ts";

export type NodePhase = "starting" | "ready" | "draining" | "stopped";

export class Vitals implements HealthSource {
  phase: NodePhase = "starting";
  /** Null: no actor has run yet. */
  pulse: Pulse | null = null;
  system: ActorSystem | null = null;
  readonly #config: NodeConfig;
  readonly #checks = new Map<string, () => boolean>();

  constructor(config: NodeConfig) {
    this.#config = config;
    this.require("nats", () => false);
    this.require("threads", () => this.#threadsRun);
  }

  /** What must hold for the node to be ready; in place of an earlier one of that name. */
  require(name: string, holds: () => boolean): void {
    this.#checks.set(name, holds);
  }

  /** Whether all checks hold, in whatever phase. */
  get isWell(): boolean {
    return [...this.#checks.values()].every((holds) => holds());
  }

  get isReady(): boolean {
    return this.phase === "ready" && this.isWell;
  }

  get isLive(): boolean {
    return this.pulse?.isBeating ?? true;
  }

  state(): object {
    const { name: node, cluster } = this.#config;
    const checks = Object.fromEntries([...this.#checks].map(([name, holds]) => [name, holds()]));
    return { node, cluster, phase: this.phase, checks };
  }

  async metrics(): Promise<string> {
    const { name: node, cluster } = this.#config;
    const info = this.system?.info();
    return prometheusText({
      node,
      cluster,
      phase: this.phase,
      isReady: this.isReady,
      isConnected: this.#checks.get("nats")!(),
      threads: info?.threads.filter(({ ready }) => ready).length ?? 0,
      nodesReached: info?.nodes.filter(({ reached }) => reached).length ?? 0,
      deadLetters: this.system?.deadLetters.total ?? 0,
      actors: (await this.system?.telemetry?.metrics()) ?? null,
    });
  }

  get #threadsRun(): boolean {
    return this.system?.info().threads.every(({ ready }) => ready) ?? false;
  }
}
