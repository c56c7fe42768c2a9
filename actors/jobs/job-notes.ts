/** What a job's session tells on its way: session and phase into the record, all of it to who listens, at a measure. */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { Job, JobProgress, JobStore } from "../../cluster/index.ts";
import type { ProgressNote } from "../agent/agent.ts";
import type { SessionHooks } from "../session-run.ts";

const EVERY_MS = 200;

export class JobNotes {
  readonly hooks: SessionHooks;
  readonly #store: JobStore;
  readonly #job: Job;
  readonly #clock: Clock;
  #saidAt = -Infinity;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: JobStore, job: Job, clock: Clock) {
    this.#store = store;
    this.#job = job;
    this.#clock = clock;
    this.hooks = {
      onSession: (session) => this.#write({ session }),
      onPhase: (phase) => {
        this.#write({ phase });
        this.#say({ phase, done: null, total: null, unit: null, text: null });
      },
      onProgress: (note) => this.#note(note),
    };
  }

  /** Resolves when the record has all of it; what could not be written is not worth a job. */
  async written(): Promise<void> {
    await this.#writes;
  }

  #write(part: Partial<Job>): void {
    const { id, attempts } = this.#job;
    const mine = (job: Job): boolean => job.attempts === attempts && job.state === "running";
    this.#writes = this.#writes
      .then(() => this.#store.change(id, (job) => (mine(job) ? part : null)))
      .catch(() => undefined);
  }

  #note({ phase, done, total, unit, text }: ProgressNote): void {
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < EVERY_MS && done !== total) return;
    this.#saidAt = now;
    this.#say({ phase, done, total, unit, text });
  }

  #say(part: Omit<JobProgress, "job" | "at" | "state">): void {
    const at = new Date(this.#clock.now()).toISOString();
    this.#store.progress({ job: this.#job.id, at, state: "running", ...part });
  }
}
