/** How a life, or the actor itself, ends: first its children stop, the last one spawned first, one by one. */
import type { StopReason } from "./actor.ts";
import type { Child } from "./family.ts";

const SHUTDOWN: StopReason = { kind: "shutdown" };
const PARENT_STOPPED: StopReason = { kind: "parent-stopped" };

export class Ending {
  /** A stop may overtake a restart that is still waiting for children. */
  reason: StopReason;
  readonly #toStop: Child[];
  #waitingFor: Child | null = null;

  /** @param children the oldest first; this takes them over. */
  constructor(reason: StopReason, children: Child[]) {
    this.reason = reason;
    this.#toStop = children;
  }

  waitsFor(child: Child): boolean {
    return this.#waitingFor === child;
  }

  /** @returns false: none is left. */
  stopNextChild(): boolean {
    for (let child = this.#toStop.pop(); child !== undefined; child = this.#toStop.pop()) {
      if (!child.isListed) continue;
      this.#waitingFor = child;
      child.system({ kind: "stop", reason: this.reason.kind === "shutdown" ? SHUTDOWN : PARENT_STOPPED });
      return true;
    }
    this.#waitingFor = null;
    return false;
  }
}
