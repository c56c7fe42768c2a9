/** What agents work with; given to them when they are spawned, never reached for. */
import type { Clock, Executor } from "../../runtime/contracts/index.ts";
import type { SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { StateDirectory } from "../../storage/index.ts";
import type { EvidenceStore } from "../evidence/evidence-store.ts";

export interface Services {
  readonly clock: Clock;
  readonly executor: Executor;
  readonly realm: SandboxEngine;
  /** The engine of the task's level, in which its metrics are measured: `isolate` unless the task says otherwise. */
  readonly measuring: SandboxEngine;
  readonly evidence: EvidenceStore;
  readonly state: StateDirectory;
  /** Forks of a burst that run at the same time. */
  readonly workers: number;
}
