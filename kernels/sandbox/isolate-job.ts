/** What a sandbox process or thread is told to do. */
import type { Job } from "./isolate-host.ts";
import type { EncodedInput, ObserveRequest } from "./protocol.ts";
import { keepsState } from "./web-parts.ts";
import type { WebPart } from "./web-parts.ts";

/** @param parts of the web, that the program is given. */
export function jobOf(
  { program, seed }: Pick<ObserveRequest, "program" | "seed">,
  inputs: readonly EncodedInput[],
  task: Job["task"],
  parts: readonly WebPart[],
): Job {
  const single = task.kind === "measure" && keepsState(parts);
  return {
    code: program.code,
    entry: program.entry,
    seed,
    inputs,
    globals: parts.flatMap(({ globals }) => globals),
    task: single ? { ...task, stretch: 1 } : task,
  };
}
