/** The `baseline` commands, their options and help, as commander sees them. Parsing only. */
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { ExportFormat } from "../actors/index.ts";
import type { CommonOptions } from "./program.ts";

/** What is to be done with kept baselines. */
export type BaselineAction =
  | { readonly action: "list"; readonly caseId: string | null }
  | { readonly action: "show"; readonly tag: string }
  | {
      readonly action: "promote";
      readonly tag: string;
      readonly release: boolean;
      readonly acceptLoss: boolean;
    }
  | { readonly action: "label"; readonly tag: string; readonly text: string | null }
  | { readonly action: "note"; readonly tag: string; readonly text: string | null }
  | { readonly action: "history"; readonly caseId: string; readonly metric: string | null }
  | {
      readonly action: "compare";
      readonly tag: string;
      readonly other: string | null;
      readonly foreign: boolean;
    }
  | { readonly action: "import"; readonly path: string; readonly caseId: string | null }
  | {
      readonly action: "export";
      readonly tags: readonly string[];
      readonly format: ExportFormat;
      readonly out: string | null;
      readonly samples: boolean;
    }
  | {
      readonly action: "prune";
      /** null: as the state directory was told. */
      readonly olderThanDays: number | null;
      readonly dryRun: boolean;
      readonly remember: boolean;
    };

type Choose = (action: BaselineAction, options: CommonOptions) => void;
type Add = (parent: Command, name: string, description: string, examples: string) => Command;

/** @param add makes a command with the options that all have, and its examples in its help */
export function addBaselineCommands(program: Command, add: Add, choose: Choose): void {
  const baseline = program
    .command("baseline")
    .description("list, compare, promote, label, import, export and prune stored baselines");
  addLooks((name, description, examples) => add(baseline, name, description, examples), choose);
  addChanges((name, description, examples) => add(baseline, name, description, examples), choose);
  addExchange((name, description, examples) => add(baseline, name, description, examples), choose);
}

type AddHere = (name: string, description: string, examples: string) => Command;

const TAG = "e.g. orders-dedupe@1";

function addLooks(add: AddHere, choose: Choose): void {
  add(
    "list",
    "all baselines, the current (*) and released (R) ones marked",
    "  myriad baseline list orders-dedupe",
  )
    .argument("[case]", "only of this case")
    .action((caseId: string | undefined, options: CommonOptions) =>
      choose({ action: "list", caseId: caseId ?? null }, options),
    );
  add("show", "one baseline", "  myriad baseline show orders-dedupe@1 --json")
    .argument("<tag>", TAG)
    .action((tag: string, options: CommonOptions) => choose({ action: "show", tag }, options));
  add("history", "all kept versions of a case in time", HISTORY_EXAMPLES)
    .argument("<case>", "e.g. orders-dedupe")
    .option("--metric <name>", "only this metric, e.g. wall_time")
    .action((caseId: string, options: CommonOptions & { readonly metric?: string }) =>
      choose({ action: "history", caseId, metric: options.metric ?? null }, options),
    );
  add("compare", "a baseline against the current and the released one, by kept samples", COMPARE_EXAMPLES)
    .argument("<tag>", TAG)
    .argument("[other]", "the one before; default: the current and the released one of the case")
    .option("--foreign", "across machines, runtimes, levels and other tools' results, too", false)
    .action(
      (tag: string, other: string | undefined, options: CommonOptions & { readonly foreign: boolean }) =>
        choose({ action: "compare", tag, other: other ?? null, foreign: options.foreign }, options),
    );
}

interface PromoteOptions extends CommonOptions {
  readonly release: boolean;
  readonly acceptLoss: boolean;
}

interface PruneOptions extends CommonOptions {
  readonly olderThan?: number;
  readonly dryRun: boolean;
  readonly remember: boolean;
}

function addChanges(add: AddHere, choose: Choose): void {
  add("promote", "make it the one that its case is compared with", PROMOTE_EXAMPLES)
    .argument("<tag>", TAG)
    .option("--release", "mark it as released instead: what later ones must not lose against", false)
    .option("--accept-loss", "also when it is worse than the last release", false)
    .action((tag: string, { release, acceptLoss, ...options }: PromoteOptions) =>
      choose({ action: "promote", tag, release, acceptLoss }, options),
    );
  for (const action of ["label", "note"] as const) {
    add(action, `write a ${action} on a baseline, or take it off`, MARK_EXAMPLES[action])
      .argument("<tag>", TAG)
      .addArgument(new Argument("[text]", `the ${action}; none: take it off`).argParser(oneLine))
      .action((tag: string, text: string | undefined, options: CommonOptions) =>
        choose({ action, tag, text: text ?? null }, options),
      );
  }
  add("prune", "remove old raw samples; figures stay for ever", PRUNE_EXAMPLES)
    .addOption(
      new Option(
        "--older-than <age>",
        "days, e.g. 30d, or never; default 90d, or what is remembered",
      ).argParser(days),
    )
    .option("--dry-run", "only say what would go", false)
    .option("--remember", "keep to this age from now on, once a day", false)
    .action(({ olderThan, dryRun, remember, ...options }: PruneOptions) =>
      choose({ action: "prune", olderThanDays: olderThan ?? null, dryRun, remember }, options),
    );
}

interface ExportOptions extends CommonOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly samples: boolean;
}

function addExchange(add: AddHere, choose: Choose): void {
  add("import", "keep what another tool measured", IMPORT_EXAMPLES)
    .argument("<file>", "JSON of Criterion.rs (or its folder), hyperfine, JMH, Google Benchmark or tinybench")
    .option("--case <id>", "of the one benchmark in it; default: the benchmark's name")
    .action((path: string, options: CommonOptions & { readonly case?: string }) =>
      choose({ action: "import", path, caseId: options.case ?? null }, options),
    );
  add("export", "write baselines for other programs", EXPORT_EXAMPLES)
    .argument("[tag...]", "only these; default: all")
    .addOption(
      new Option("--format <form>", "how they are written")
        .choices(FORMATS)
        .default("csv" satisfies ExportFormat),
    )
    .option("--out <file>", "where to; default: stdout, which Parquet does not go to")
    .option("--samples", "the raw samples in place of the figures", false)
    .action(
      (tags: readonly string[], { format, out, samples, ...options }: ExportOptions, command: Command) => {
        if (out === undefined && options.json) {
          command.error("error: with --json the export needs --out, since stdout is the document's", USAGE);
        }
        if (out === undefined && format === "parquet") {
          command.error("error: Parquet is no text: give --out", USAGE);
        }
        choose({ action: "export", tags, format, out: out ?? null, samples }, options);
      },
    );
}

const FORMATS: readonly ExportFormat[] = ["csv", "json", "parquet", "openmetrics"];
const USAGE = { code: "myriad.usage", exitCode: 2 };
const MOST_TEXT = 500;

/** Labels and notes are printed on one line of a terminal. */
function oneLine(text: string): string {
  if (text !== "" && text.length <= MOST_TEXT && !/\p{C}/u.test(text)) return text;
  throw new InvalidArgumentError(`one line of 1 to ${MOST_TEXT} characters is wanted.`);
}

function days(text: string): number {
  if (text === "never") return Infinity;
  const match = /^(\d{1,6})d?$/.exec(text);
  if (match !== null) return Number(match[1]);
  throw new InvalidArgumentError("a number of days is wanted, such as 30d, or never.");
}

const HISTORY_EXAMPLES = `  myriad baseline history orders-dedupe
  myriad baseline history orders-dedupe --metric wall_time --json`;
const COMPARE_EXAMPLES = `  myriad baseline compare orders-dedupe@3
  myriad baseline compare orders-dedupe@3 orders-dedupe@1
  myriad baseline compare "sort/1000@2" "sort/1000@1" --foreign
  myriad burst tasks/dedupe.yaml --against release     both run again, interleaved: this is what decides`;
const PROMOTE_EXAMPLES = `  myriad baseline promote orders-dedupe@3
  myriad baseline promote orders-dedupe@3 --release`;
const MARK_EXAMPLES = {
  label: `  myriad baseline label orders-dedupe@3 v1.2
  myriad baseline label orders-dedupe@3                take it off`,
  note: `  myriad baseline note orders-dedupe@3 "before the rewrite"`,
};
const PRUNE_EXAMPLES = `  myriad baseline prune --dry-run
  myriad baseline prune --older-than 30d --remember
  myriad baseline prune --older-than never --remember`;
const IMPORT_EXAMPLES = `  myriad baseline import target/criterion
  myriad baseline import hyperfine.json
  myriad baseline import jmh-result.json --case orders-sort`;
const EXPORT_EXAMPLES = `  myriad baseline export > baselines.csv
  myriad baseline export --format parquet --samples --out samples.parquet orders-dedupe@3
  myriad baseline export --format openmetrics --out baselines.prom`;
