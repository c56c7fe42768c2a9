/** `myriad ci`: one call of the library, and the files that the command line or GitHub asks for. */
import { access, appendFile, constants, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ciJunit, ciMarkdown, readSuite } from "../actors/index.ts";
import type { CiDocument, CiEnding, CiHooks, CiStep, MyriadSystem, SuiteOverrides } from "../actors/index.ts";
import { outputUnwritable } from "./errors.ts";
import { EXIT_INPUT, EXIT_INTERRUPTED, EXIT_OK, exitCodeOfCi } from "./exit-code.ts";
import type { Streams } from "./output.ts";
import type { Progress } from "./progress.ts";
import type { CiOptions, Invocation } from "./program.ts";

type CiInvocation = Extract<Invocation, { readonly command: "ci" }>;
type WithSystem = (use: (system: MyriadSystem) => Promise<CiEnding>) => Promise<CiEnding>;

/** @throws OUTPUT_UNWRITABLE, and what the library throws before the run has begun */
export async function performCi(
  { suite: path, options }: CiInvocation,
  streams: Streams,
  signal: AbortSignal,
  withSystem: WithSystem,
  progress: Progress,
): Promise<{ readonly document: CiDocument; readonly exitCode: number }> {
  const suite = readSuite(path, process.cwd(), overridesOf(options));
  // Before anything is measured: a run of an hour is not to fail on a path.
  for (const file of [options.junit, options.markdown]) if (file !== undefined) await requireWritable(file);
  const hooks = { ...hooksFor(progress, streams), signal };
  const ending = await withSystem((system) =>
    options.calibrate === undefined
      ? system.runSuite(suite, { resume: options.resume }, hooks)
      : system.calibrate(suite, options.calibrate, hooks),
  ).finally(() => progress.end());
  const unwritten = await writeSummaries(ending.document, options);
  const document = { ...ending.document, warnings: [...ending.document.warnings, ...unwritten] };
  const exitCode = exitCodeFor({ ...ending, document }, options);
  // What was measured is told all the same, but whoever waits for the file has to hear of it.
  return { document, exitCode: exitCode === EXIT_OK && unwritten.length > 0 ? EXIT_INPUT : exitCode };
}

function exitCodeFor(ending: CiEnding, { calibrate, failOn }: CiOptions): number {
  if (calibrate === undefined) return exitCodeOfCi(ending, failOn);
  return ending.fault === "interrupted" ? EXIT_INTERRUPTED : EXIT_OK;
}

function overridesOf({ against, budget, runs, screenRuns, seed, allowNoise }: CiOptions): SuiteOverrides {
  return {
    ...(against === undefined ? {} : { against }),
    ...(budget === undefined ? {} : { budgetMinutes: budget }),
    ...(runs === undefined ? {} : { runs }),
    ...(screenRuns === undefined ? {} : { screenRuns }),
    ...(seed === undefined ? {} : { seed }),
    ...(allowNoise === undefined ? {} : { allowNoise }),
  };
}

/** A line a look; the phases within it on a terminal alone, where they are drawn over. */
function hooksFor(progress: Progress, { stderr }: Streams): CiHooks {
  let label = "";
  return {
    onStep(step) {
      label = labelOf(step);
      if (step.phase === null || stderr.isTTY === true) progress.phase(label);
    },
    onProgress: (note) => progress.note({ ...note, phase: label }),
  };
}

function labelOf({ look, caseId, number, of, phase }: CiStep): string {
  return `${look} ${number}/${of}  ${caseId}${phase === null ? "" : `  ${phase}`}`;
}

async function requireWritable(path: string): Promise<void> {
  const file = resolve(path);
  await access(dirname(file), constants.W_OK).catch((cause: unknown) => {
    throw outputUnwritable(file, cause);
  });
}

/** @returns what could not be written */
async function writeSummaries(
  document: CiDocument,
  { junit, markdown }: CiOptions,
): Promise<readonly string[]> {
  const stepSummary = process.env["GITHUB_STEP_SUMMARY"] ?? "";
  const written = [
    ...(junit === undefined ? [] : [tried(junit, (file) => writeFile(file, ciJunit(document)))]),
    ...(markdown === undefined ? [] : [tried(markdown, (file) => writeFile(file, ciMarkdown(document)))]),
    // Other steps' summaries stand in the same file.
    ...(stepSummary === "" ? [] : [tried(stepSummary, (file) => appendFile(file, ciMarkdown(document)))]),
  ];
  return (await Promise.all(written)).flat();
}

async function tried(path: string, write: (file: string) => Promise<void>): Promise<readonly string[]> {
  const file = resolve(path);
  return await write(file).then(
    () => [],
    (error: unknown) => [`${file} could not be written: ${error instanceof Error ? error.message : ""}`],
  );
}
