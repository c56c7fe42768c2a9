/** A thread's connection to the others on which messages are lost, doubled and held up by plan. */
import { Ask } from "../ask.ts";
import type { Host } from "../host.ts";
import { Mesh, type MeshOptions } from "../threads/mesh.ts";
import type { RemoteTarget } from "../threads/remote.ts";
import type { Faults } from "./faults.ts";

export class FaultyMesh extends Mesh {
  readonly #faults: Faults;
  /** What comes late is not held up again. */
  #late = false;

  constructor(host: Host, options: MeshOptions, faults: Faults) {
    super(host, options);
    this.#faults = faults;
  }

  override deliver(target: RemoteTarget, item: unknown): boolean {
    if (this.#late || !this.connected(target.peer) || this.#faults.spares(target.address)) {
      return super.deliver(target, item);
    }
    const { counts } = this.#faults;
    switch (this.#faults.mishap()) {
      case "drop":
        counts.dropped += 1;
        // Nobody will confirm it.
        target.credited(1);
        return true;
      case "duplicate":
        // A question has one asker, who is answered once.
        if (!(item instanceof Ask) && super.deliver(target, item)) {
          counts.duplicated += 1;
          target.credit -= 1;
        }
        return super.deliver(target, item);
      case "delay": {
        const deliver = (): void => this.#deliverLate(target, item);
        counts.delayed += 1;
        this.host.clock.schedule(this.#faults.laterMs(), this.tracer?.bind(deliver) ?? deliver);
        target.credited(1);
        return true;
      }
      case null:
        return super.deliver(target, item);
    }
  }

  #deliverLate(target: RemoteTarget, item: unknown): void {
    if (item instanceof Ask && item.ended) return;
    this.#late = true;
    try {
      target.forward(item, this.hops);
      this.flush();
    } finally {
      this.#late = false;
    }
  }
}
