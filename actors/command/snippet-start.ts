/**
 * How the runs of snippets began: what a reader of their figures has to know, since a copy of an interpreter that runs
 * already pays for no start-up, and not all of it is fresh.
 */
import type { ForkMeasurement, SandboxProgram } from "../../kernels/sandbox/index.ts";
import type { StartSummary } from "../workflow/session-document.ts";
import { isCommand, storedCommand } from "./command-program.ts";
import type { SnippetLanguage } from "./snippet.ts";

const NOT_FRESH: Readonly<Record<SnippetLanguage, readonly string[]>> = {
  python: ["addresses", "the hash seed (0)", "modules that Python had loaded"],
  node: [
    "addresses",
    "Math.random (the same numbers in every run)",
    "modules that Node had loaded",
    "V8's helper threads (none: it compiles on the only thread)",
  ],
};
const INTERPRETERS: Readonly<Record<SnippetLanguage, string>> = { python: "Python", node: "Node" };
const COMMANDS: Readonly<Record<SnippetLanguage, string>> = { python: "python3 -c", node: "node -e" };

type Version = StartSummary["version"];

export interface StartedFork extends Pick<ForkMeasurement, "start"> {
  readonly version: Version;
}

/** Those versions alone that are snippets and were run. */
export function startsOf(
  programs: Readonly<Partial<Record<Version, SandboxProgram>>>,
  forks: readonly StartedFork[],
): readonly StartSummary[] {
  return (["baseline", "candidate"] as const).flatMap((version) => {
    const program = programs[version];
    const language =
      program !== undefined && isCommand(program) ? storedCommand(program).snippet?.language : undefined;
    const starts = forks.flatMap((fork) => (fork.version === version ? (fork.start ?? []) : []));
    const told = starts.find(({ kind }) => kind === "spawned") ?? starts[0];
    if (language === undefined || told === undefined) return [];
    const { kind, why } = told;
    return [{ version, language, start: kind, why, notFresh: kind === "forked" ? NOT_FRESH[language] : [] }];
  });
}

/** `forked, each run a copy of a Python that runs already; not fresh in it: …`. */
export function startText({ language, start, why, notFresh }: StartSummary): string {
  return start === "forked"
    ? `forked, each run a copy of a ${INTERPRETERS[language]} that runs already; not fresh in it: ${notFresh.join(", ")}`
    : `spawned, each run a plain command (${COMMANDS[language]}): ${why ?? "it was not forked"}`;
}

/**
 * What a verdict should not be read without.
 * @param versions how many were measured: what is no snippet begins as a command does, from nothing
 */
export function startWarnings(starts: readonly StartSummary[], versions: number): readonly string[] {
  const spawned = starts
    .filter(({ start }) => start === "spawned")
    .map((one) => `the snippet of the ${one.version} was ${startText(one)}`);
  const forked = starts.filter(({ start }) => start === "forked").length;
  if (forked === 0 || forked === versions) return spawned;
  return [...spawned, "one version was forked, the other not: only the other's figures hold a start-up"];
}
