/**
 * Says every second how long the next run has been waited for, so that a command that sleeps is not silent until its
 * limit. What is said of runs that have ended passes through.
 */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { AgentCall } from "../agent/agent.ts";

type Call = Pick<AgentCall, "progress">;
type Note = Parameters<AgentCall["progress"]>[0];

const EVERY_MS = 1000;

/** Hands `work` the call by which it says that runs have ended. */
export async function watchingRuns<Watched extends Call, Result>(
  clock: Clock,
  call: Watched,
  work: (call: Watched) => Promise<Result>,
): Promise<Result> {
  let last: Note = { done: 0, total: null, unit: "runs", text: null };
  let since = clock.monotonic();
  let cancel: Cancel = () => undefined;
  const wait = (): void => {
    cancel = clock.schedule(EVERY_MS, () => {
      const seconds = Math.floor((clock.monotonic() - since) / EVERY_MS);
      if (seconds > 0) call.progress({ ...last, text: `run ${last.done + 1} for ${seconds} s` });
      wait();
    });
  };
  const progress = (note: Note): void => {
    if (note.done > last.done) since = clock.monotonic();
    last = note;
    call.progress(note);
  };
  wait();
  try {
    return await work({ ...call, progress });
  } finally {
    cancel();
  }
}
