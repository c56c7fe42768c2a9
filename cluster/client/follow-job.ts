/**
 * A job's progress as it is said, with the ends of the story made sure of: how it stands is asked first, and again
 * whenever nothing was said for a while, so that no lost message leaves who follows waiting.
 */
import type { NatsConnection } from "@nats-io/nats-core";
import type { Clock } from "../../runtime/contracts/index.ts";
import { isOver, JOB_STATES } from "../jobs/job.ts";
import type { Job, JobProgress } from "../jobs/job.ts";
import type { Subjects } from "../nats/subjects.ts";

const SILENCE_MS = 3_000;
/** Of a reader that is slow, the oldest go. */
const MOST_KEPT = 256;

export interface FollowParts {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly status: () => Promise<Job>;
}

export async function* followJob(parts: FollowParts): AsyncGenerator<JobProgress> {
  const { connection, subjects, clock, status } = parts;
  let last = await status();
  const heard = new Heard(clock);
  const subscription = connection.subscribe(subjects.jobProgress(last.id), {
    callback: (error, message) => {
      const progress = error === null ? progressIn(message.data) : null;
      if (progress !== null && progress.job === last.id) heard.push(progress);
    },
  });
  try {
    // From here on nothing is missed.
    await connection.flush();
    last = await status();
    yield standing(last);
    let state = last.state;
    while (!isResting(state)) {
      const progress = await heard.next(SILENCE_MS);
      if (progress === null) {
        last = await status();
        if (last.state === state) continue;
        state = last.state;
        yield standing(last);
      } else {
        state = progress.state;
        yield progress;
      }
    }
  } finally {
    subscription.unsubscribe();
  }
}

const isResting = (state: Job["state"]): boolean => isOver(state) || state === "waiting";

function standing({ id, changedAt, state, phase }: Job): JobProgress {
  return { job: id, at: changedAt, state, phase, done: null, total: null, unit: null, text: null };
}

class Heard {
  readonly #clock: Clock;
  readonly #kept: JobProgress[] = [];
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(progress: JobProgress): void {
    if (this.#kept.length >= MOST_KEPT) this.#kept.shift();
    this.#kept.push(progress);
    this.#wake?.();
  }

  /** null: nothing came in that time. */
  async next(ms: number): Promise<JobProgress | null> {
    if (this.#kept.length === 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.schedule(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = null;
    }
    return this.#kept.shift() ?? null;
  }
}

/** null: it is none. */
function progressIn(data: Uint8Array): JobProgress | null {
  try {
    const given = JSON.parse(new TextDecoder().decode(data)) as Partial<JobProgress> | null;
    if (given === null || typeof given.job !== "string" || typeof given.at !== "string") return null;
    return JOB_STATES.some((state) => state === given.state) ? (given as JobProgress) : null;
  } catch {
    return null;
  }
}
