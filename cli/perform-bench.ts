/** `myriad bench`: one call of the library, and its progress. */
import type { BenchEnding, BenchHooks, BenchPhase, BenchRequest, MyriadSystem } from "../actors/index.ts";
import { exitCodeOfBench } from "./exit-code.ts";
import type { Streams } from "./output.ts";
import type { Performed, PerformHooks } from "./perform.ts";
import type { Progress } from "./progress.ts";
import type { BenchOptions, Invocation } from "./program.ts";

type BenchInvocation = Extract<Invocation, { readonly command: "bench" }>;
type WithSystem = (use: (system: MyriadSystem) => Promise<BenchEnding>) => Promise<BenchEnding>;

/** @throws what the library throws where nothing could be measured */
export async function performBench(
  { files, options }: BenchInvocation,
  streams: Streams,
  { signal, onSession }: PerformHooks,
  withSystem: WithSystem,
  progress: Progress,
): Promise<Performed> {
  const { resume } = options;
  const hooks = { ...hooksFor(progress, streams), signal, onSession };
  const ending = await withSystem((system) =>
    resume === undefined
      ? system.runBench(requestOf(files, options), hooks)
      : system.resumeBench(resume === true ? null : resume, hooks),
  ).finally(() => progress.end());
  return { document: ending.document, exitCode: exitCodeOfBench(ending) };
}

function requestOf(
  files: readonly string[],
  { runs, seed, filter, against, accept, allowNoise, tolerance }: BenchOptions,
): BenchRequest {
  return {
    files,
    directory: process.cwd(),
    accept,
    allowNoise,
    ...(runs === undefined ? {} : { runs }),
    ...(seed === undefined ? {} : { seed }),
    ...(filter === undefined ? {} : { filter }),
    ...(against === undefined ? {} : { against }),
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}

const SHORT: ReadonlySet<BenchPhase> = new Set(["judge", "keep", "report"]);

/** The short phases on a terminal alone, where they are drawn over. */
function hooksFor(progress: Progress, { stderr }: Streams): BenchHooks {
  return {
    onPhase(phase) {
      if (!SHORT.has(phase) || stderr.isTTY === true) progress.phase(phase);
    },
    onProgress: (note) => progress.note({ ...note, text: null }),
  };
}
