/** Calls the library for a parsed `baseline` command. */
import { describeEnvironment, emptyDocument } from "../actors/index.ts";
import type { MyriadSystem, SessionDocument } from "../actors/index.ts";
import type { BaselineAction } from "./baseline-program.ts";
import { EXIT_OK, EXIT_WORSE } from "./exit-code.ts";
import type { Streams } from "./output.ts";

export interface PerformedBaseline {
  readonly document: SessionDocument;
  readonly exitCode: number;
}

export async function performBaseline(
  action: BaselineAction,
  system: MyriadSystem,
  streams: Streams,
): Promise<PerformedBaseline> {
  const part = await outcomeOf(action, system, streams);
  const document = { ...emptyDocument("baseline", describeEnvironment()), success: true, ...part };
  const isWorse =
    action.action === "compare" &&
    part.keptComparisons?.some(({ verdict }) => verdict === "regressed") === true;
  return { document: { ...document, success: !isWorse }, exitCode: isWorse ? EXIT_WORSE : EXIT_OK };
}

async function outcomeOf(
  action: BaselineAction,
  system: MyriadSystem,
  streams: Streams,
): Promise<Partial<SessionDocument>> {
  const { register } = system;
  switch (action.action) {
    case "list":
      return { baselines: await system.baselines(action.caseId) };
    case "show":
      return { baselines: await system.baseline(action.tag) };
    case "promote": {
      const { tag, release, acceptLoss } = action;
      const against = await register.promote(tag, release ? "release" : "current", acceptLoss);
      const baselines = await system.baseline(tag);
      return { baselines, keptComparisons: against === null ? [] : [against] };
    }
    case "label":
    case "note":
      await register[action.action](action.tag, action.text);
      return { baselines: await system.baseline(action.tag) };
    case "history":
      return { history: await register.history(action.caseId, action.metric) };
    case "compare":
      return { keptComparisons: await register.compare(action.tag, action.other, action.foreign) };
    case "import":
      return { baselines: await register.import(action.path, action.caseId) };
    case "export":
      return { exported: await performExport(action, system, streams) };
    case "prune":
      return { pruned: await register.prune(action) };
  }
}

async function performExport(
  { format, out, tags, samples }: Extract<BaselineAction, { readonly action: "export" }>,
  { register }: MyriadSystem,
  { stdout }: Streams,
): Promise<NonNullable<SessionDocument["exported"]>> {
  const exported = await register.export({ format, tags, samples });
  const { baselines } = exported;
  if (out !== null) return { format, baselines, file: await exported.writeTo(out) };
  await writeAll(exported.text(), stdout);
  return { format, baselines, file: null };
}

/** A reader that has gone away (`| head`) wants no more. */
async function writeAll(
  pieces: Iterable<string> | AsyncIterable<string>,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const reader = { isGone: false };
  const gone = (): void => void (reader.isGone = true);
  stdout.once("error", gone);
  for await (const piece of pieces) {
    if (!stdout.write(piece)) await drained(stdout);
    if (reader.isGone) break;
  }
  stdout.off("error", gone);
}

function drained(stdout: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ENDS_OF_WAITING) stdout.off(event, done);
      resolve();
    };
    for (const event of ENDS_OF_WAITING) stdout.once(event, done);
  });
}

const ENDS_OF_WAITING = ["drain", "error", "close"];
