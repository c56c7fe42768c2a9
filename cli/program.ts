/** The commands, their options and help, as commander sees them. Parsing only. */
import { Command, InvalidArgumentError, Option } from "commander";
import { LEVELS, METRIC_NAMES, packageVersion } from "../actors/index.ts";
import type { Behaviour, Level, MetricName } from "../actors/index.ts";
import { addBaselineCommands } from "./baseline-program.ts";
import type { BaselineAction } from "./baseline-program.ts";
import { addClusterCommands } from "./cluster-program.ts";
import type { Streams } from "./output.ts";

export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly state: string;
}

export interface SessionOptions extends CommonOptions {
  readonly seed?: number;
  readonly runs?: number;
  readonly workers?: number;
  readonly inputs?: string;
  readonly candidate?: string;
  /** Only of `burst`. */
  readonly against?: string;
  readonly resume?: string;
  readonly allowNoise?: boolean;
  readonly stopEarly?: boolean;
  /** Only of `burst` and `compare`: one command or snippet, or two; files for them; folders that they can read. */
  readonly command?: readonly string[];
  readonly snippet?: readonly string[];
  readonly file?: readonly string[];
  readonly readable?: readonly string[];
  readonly behaviour?: Behaviour;
  readonly metric?: MetricName;
  readonly level?: Level;
  readonly requireIsolation: boolean;
  readonly apply: boolean;
}

export interface CiOptions extends CommonOptions {
  readonly against?: string;
  readonly budget?: number;
  readonly runs?: number;
  readonly screenRuns?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly calibrate?: number;
  readonly junit?: string;
  readonly markdown?: string;
  readonly failOn: FailOn;
  readonly allowNoise?: boolean;
  readonly resume: boolean;
  readonly requireIsolation: boolean;
}

export interface BenchOptions extends CommonOptions {
  readonly runs?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly filter?: RegExp;
  readonly against?: string;
  readonly accept: boolean;
  readonly allowNoise: boolean;
  readonly tolerance?: number;
  /** A session; true: the last run. */
  readonly resume?: string | true;
  readonly requireIsolation: boolean;
}

/** From which verdict on a run of a suite is a failure; what could not be run always is one. */
export type FailOn = "regressed" | "inconclusive";

export type Invocation =
  | { readonly command: "run" | "burst"; readonly task: string | null; readonly options: SessionOptions }
  | {
      readonly command: "compare";
      readonly left: string | null;
      readonly right: string | null;
      readonly options: SessionOptions;
    }
  | {
      readonly command: "baseline";
      readonly action: BaselineAction;
      readonly options: CommonOptions;
    }
  | {
      readonly command: "report";
      readonly session: string | null;
      readonly options: CommonOptions & { readonly open: boolean };
    }
  | { readonly command: "ci"; readonly suite: string; readonly options: CiOptions }
  | { readonly command: "bench"; readonly files: readonly string[]; readonly options: BenchOptions };

export const COMMANDS: readonly Invocation["command"][] = [
  "run",
  "burst",
  "compare",
  "ci",
  "bench",
  "baseline",
  "report",
];

export function buildProgram(
  choose: (invocation: Invocation) => void,
  streams: Streams,
  json: boolean,
): Command {
  const program = new Command("myriad")
    .description("Shows in ten thousand fresh sandboxes what is claimed about code.")
    .version(packageVersion(), "--version")
    .addOption(new Option("--json").hideHelp())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => {
        if (!json) streams.stderr.write(text);
      },
    })
    .showHelpAfterError("(myriad --help)")
    .addHelpText("after", `\nExamples:\n${PROGRAM_EXAMPLES}\n${EXIT_CODES}`);
  const addTo = (parent: Command, name: string, description: string, examples: string): Command =>
    common(
      parent
        .command(name)
        .description(description)
        .addHelpText("after", `\nExamples:\n${examples}\n${EXIT_CODES}`),
      json,
    );

  const add = (name: string, description: string, examples: string): Command =>
    addTo(program, name, description, examples);

  session(add("run", "make an exported function faster and prove that it is the same", RUN_EXAMPLES))
    .argument("[task]", "task file (.yaml, .json), or path#export")
    .option("--candidate <path#export>", "judge this candidate instead of searching for one")
    .option("--apply", "write the change into the file when it is proved better", false)
    .action((task: string | undefined, options: SessionOptions, command: Command) => {
      requireTarget(task, options, command);
      choose({ command: "run", task: task ?? null, options });
    });
  commands(session(add("burst", "evidence only: measure a function against its baseline", BURST_EXAMPLES)))
    .argument("[task]", "task file (.yaml, .json), or path#export")
    .option("--against <tag>", "compare with this baseline; release: with the last released one")
    .action((task: string | undefined, options: SessionOptions, command: Command) => {
      requireTarget(task, options, command);
      choose({ command: "burst", task: task ?? null, options });
    });
  commands(session(add("compare", "measure two versions, interleaved", COMPARE_EXAMPLES)))
    .argument("[old]", "path#export, or a task file that names its candidate")
    .argument("[new]", "path#export")
    .action(
      (left: string | undefined, right: string | undefined, options: SessionOptions, command: Command) => {
        requireTarget(TASK_FILE.test(left ?? "") ? left : right, options, command, 2);
        choose({ command: "compare", left: left ?? null, right: right ?? null, options });
      },
    );
  suite(add("ci", "measure a suite against the code of a commit", CI_EXAMPLES)).action(
    (file: string, options: CiOptions, command: Command) => {
      const { resume, calibrate, against, runs, seed } = options;
      if (resume && [calibrate, against, seed].some((given) => given !== undefined)) {
        refuse(command, "a run that is resumed keeps what it was begun with: against, seed");
      }
      if (calibrate !== undefined && [against, runs].some((given) => given !== undefined)) {
        refuse(command, "--calibrate measures the code against itself, at the screen's size");
      }
      choose({ command: "ci", suite: file, options });
    },
  );
  bench(add("bench", "time the tasks of bench files, as tinybench has them", BENCH_EXAMPLES)).action(
    (files: readonly string[], options: BenchOptions, command: Command) => {
      requireBench(files, options, command);
      choose({ command: "bench", files, options });
    },
  );
  addBaselineCommands(program, addTo, (action, options) => choose({ command: "baseline", action, options }));
  add("report", "print where the last report lies, or a session's, and what it says", REPORT_EXAMPLES)
    .argument("[session]", "session id; default: the last one")
    .option("--open", "open it in the browser", false)
    .action((id: string | undefined, options: CommonOptions & { readonly open: boolean }) =>
      choose({ command: "report", session: id ?? null, options }),
    );
  // For the help alone: `start.ts` leads to them.
  addClusterCommands(program, null, json);
  return program;
}

/** The program itself takes `--json`, wherever it stands; so for a command it is the default. */
function common(command: Command, json: boolean): Command {
  return command
    .option("--json", "print exactly one JSON document on stdout", json)
    .option("--quiet", "print only the verdict", false)
    .option("--state <directory>", "where sessions, samples and baselines are kept", directory, ".myriad");
}

function session(command: Command): Command {
  return command
    .option("--inputs <path#export>", "generator module for the inputs")
    .addOption(seedOption())
    .addOption(
      new Option("--runs <n>", "sandboxes a version, beside those of the warm-up; default 10000").argParser(
        integer(40, 10_000_000),
      ),
    )
    .addOption(workersOption())
    .addOption(
      new Option("--metric <name>", "measure this alone; default: what the task says, or wall_time").choices(
        METRIC_NAMES,
      ),
    )
    .addOption(
      new Option(
        "--level <level>",
        "where: realm (ticks), isolate, or trusted (no boundary); default: as the metric needs",
      ).choices(LEVELS),
    )
    .option("--allow-noise", "give a verdict even where the machine is too noisy for one")
    .option(
      "--stop-early",
      "end the burst as soon as it is decided, by always-valid tests; --runs is the most",
    )
    .option("--resume <session>", "go on after the last finished phase of a stopped session")
    .addOption(isolationOption());
}

function commands(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .addOption(
      new Option("--command <line>", "measure a command: burst one, compare two (no shell runs)").argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        "--snippet <file>",
        "measure a snippet, .py, .js, .cjs or .mjs, forked of an interpreter that runs already: burst one, compare two",
      ).argParser(collect),
    )
    .addOption(
      new Option("--file <path>", "take a file or folder along that no word of a command names").argParser(
        collect,
      ),
    )
    .addOption(
      new Option("--readable <path>", "let commands read a file or folder where it lies").argParser(collect),
    )
    .addOption(
      new Option(
        "--behaviour <which>",
        "may_change: compare measures versions that do not do the same; of commands, exit codes alone are compared",
      ).choices(["same", "may_change"]),
    );
}

function suite(command: Command): Command {
  return command
    .argument("[suite]", "suite file (.yaml, .json)", "myriad.ci.yaml")
    .option("--against <ref>", "branch, tag or commit to measure against; default: what the suite says")
    .addOption(new Option("--budget <minutes>", "what does not fit is not_run (exit 3)").argParser(minutes))
    .addOption(
      new Option("--runs <n>", "sandboxes a version in the full look; default 10000").argParser(
        integer(40, 10_000_000),
      ),
    )
    .addOption(
      new Option("--screen-runs <n>", "sandboxes a version in the screen; default: a tenth").argParser(
        integer(40, 10_000_000),
      ),
    )
    .addOption(seedOption())
    .addOption(workersOption())
    .option("--junit <file>", "write the result as JUnit XML", file)
    .option("--markdown <file>", "write the summary as Markdown; $GITHUB_STEP_SUMMARY gets it too", file)
    .addOption(
      new Option("--fail-on <verdict>", "inconclusive: exit 3 for an undecided case; regressed: exit 0")
        .choices(["regressed", "inconclusive"])
        .default("inconclusive"),
    )
    .addOption(
      new Option(
        "--calibrate <rounds>",
        "measure how often the suite is flagged against itself, instead of a run",
      ).argParser(integer(1, 10_000)),
    )
    .option("--allow-noise", "give verdicts even where the machine is too noisy for one")
    .option("--resume", "go on with the last run, which was stopped or ran out of budget", false)
    .addOption(isolationOption());
}

function bench(command: Command): Command {
  return command
    .argument("[file...]", "bench files")
    .option(
      "--filter <pattern>",
      "only tasks whose <file>#<bench>/<task> matches, a regular expression",
      pattern,
    )
    .addOption(
      new Option("--runs <n>", "iterations a task; default 4000, 20 forks of 200").argParser(
        integer(40, 10_000_000),
      ),
    )
    .option("--against <tag>", "compare with this baseline; release: with the last released one of each task")
    .option("--accept", "compare with no baseline, and make what is measured the current one", false)
    .addOption(seedOption())
    .addOption(workersOption())
    .option("--allow-noise", "give a verdict even where the machine is too noisy for one", false)
    .addOption(
      new Option(
        "--tolerance <share>",
        "the relative change that does not matter, 5% or 0.05; default: what a task says, or 2%",
      ).argParser(share),
    )
    .option("--resume [session]", "go on with a run that was stopped; default: the last one")
    .addOption(isolationOption());
}

function seedOption(): Option {
  return new Option("--seed <n>", "seed of everything random; default: drawn and printed").argParser(
    integer(0, 2 ** 32 - 1),
  );
}

function workersOption(): Option {
  return new Option(
    "--workers <n>",
    "sandboxes at the same time; default: all cores, one less in the burst",
  ).argParser(integer(1, 1024));
}

function isolationOption(): Option {
  return new Option(
    "--require-isolation",
    "refuse (exit 2) where network and files cannot be kept out of the code's reach",
  ).default(false);
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch {
    throw new InvalidArgumentError("a regular expression is wanted.");
  }
}

function share(text: string): number {
  const [, figure, percent] = /^(\d+(?:\.\d+)?|\.\d+) ?(%?)$/.exec(text) ?? [];
  const value = percent === "%" ? Number(figure) / 100 : Number(figure);
  if (figure !== undefined && value < 1) return value;
  throw new InvalidArgumentError("a share from 0 to below 1 is wanted, such as 5% or 0.05.");
}

function minutes(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 1440) return value;
  throw new InvalidArgumentError("minutes above 0, at most 1440, are wanted.");
}

function file(text: string): string {
  if (text === "") throw new InvalidArgumentError("a file is wanted.");
  return text;
}

/** An empty name would stand for the working directory itself. */
function directory(text: string): string {
  if (text === "") throw new InvalidArgumentError("a directory is wanted.");
  return text;
}

function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted.`);
  };
}

function requireBench(files: readonly string[], options: BenchOptions, command: Command): void {
  const { accept, allowNoise, against, filter, runs, seed, tolerance, resume } = options;
  if (resume === undefined) {
    if (files.length === 0) {
      refuse(command, "name a bench file, such as src/orders.bench.ts, or --resume a run");
    }
    if (accept && against !== undefined) {
      refuse(command, "--accept compares with no baseline, --against with the one that it names");
    }
    return;
  }
  const given = [against, filter, runs, seed, tolerance].some((one) => one !== undefined);
  if (given || accept || allowNoise || files.length > 0) {
    refuse(
      command,
      "a run that is resumed keeps what it was begun with: files, filter, runs, seed, against, accept, allow-noise, tolerance",
    );
  }
}

const TASK_FILE = /\.(ya?ml|json)$/i;

/** @param commands how many of them stand in for the target */
function requireTarget(
  named: string | undefined,
  options: SessionOptions,
  command: Command,
  commands: 1 | 2 = 1,
): void {
  const given = options.command ?? options.snippet;
  if (given !== undefined) requireCommands(named, options, command, commands);
  const target = given === undefined ? named : given[0];
  const { inputs, seed, runs, candidate, against, allowNoise, stopEarly, metric, level, behaviour } = options;
  const { resume, apply } = options;
  if (resume === undefined && target === undefined)
    refuse(command, "name what to work on, or --resume a session");
  if (
    resume !== undefined &&
    [target, inputs, seed, runs, candidate, against, allowNoise, stopEarly, metric, level, behaviour].some(
      (given) => given !== undefined,
    )
  ) {
    refuse(
      command,
      "a session that is resumed keeps what it was begun with: task, inputs, seed, runs, candidate, against, allow-noise, stop-early, metric, level, behaviour",
    );
  }
  if (apply && candidate !== undefined) {
    refuse(command, "--apply writes what the search found; a hand-written candidate stands in its own file");
  }
}

function requireCommands(
  named: string | undefined,
  { command: lines = [], snippet: paths = [], inputs }: SessionOptions,
  command: Command,
  wanted: 1 | 2,
): void {
  const option = paths.length > 0 ? "--snippet" : "--command";
  if (named !== undefined) refuse(command, `name a task, or what to measure by ${option}, and not both`);
  if (lines.length > 0 && paths.length > 0) {
    refuse(command, "give --command or --snippet: a task file can compare a command with a snippet");
  }
  if (lines.length + paths.length !== wanted) {
    refuse(command, wanted === 1 ? `burst measures one ${option}` : `compare measures two: ${option}, twice`);
  }
  if (inputs !== undefined) refuse(command, "--inputs is of functions; a command is run as it is");
}

function refuse(command: Command, message: string): never {
  command.error(`error: ${message}`, { code: "myriad.usage", exitCode: 2 });
}

const PROGRAM_EXAMPLES = `  myriad run src/orders.ts#dedupe                  make it faster, prove it is the same
  myriad burst src/orders.ts#dedupe                evidence only, no change
  myriad compare old.ts#dedupe new.ts#dedupe       two versions, interleaved
  myriad ci --against origin/main                  a suite of them, against a commit
  myriad bench src/orders.bench.ts                 a tinybench file, with forks and baselines
  myriad baseline list
  myriad report
  myriad up --nodes 3                              a cluster on this machine, for trying
  myriad node --config node.yaml                   a node of a cluster, for a process manager`;
const RUN_EXAMPLES = `  myriad run src/orders.ts#dedupe
  myriad run src/orders.ts#dedupe --candidate src/faster.ts#dedupe
  myriad run tasks/dedupe.yaml --json --seed 7
  myriad run --resume 01J9Z3K6W8V4S2Q0T5R7Y1X3AB --apply`;
const BURST_EXAMPLES = `  myriad burst src/orders.ts#dedupe
  myriad burst tasks/dedupe.yaml --runs 2000
  myriad burst tasks/dedupe.yaml --against release
  myriad burst --command "python3 main.py"
  myriad burst --snippet main.py                   the same without Python's start-up`;
const COMPARE_EXAMPLES = `  myriad compare old.ts#dedupe new.ts#dedupe
  myriad compare old.ts#dedupe new.ts#dedupe --inputs bench/orders.ts#generate
  myriad compare old.ts#dedupe new.ts#dedupe --metric ticks       counted: no noise, in seconds
  myriad compare --command "python3 old.py" --command "python3 new.py" --file data.csv
  myriad compare --snippet old.py --snippet new.py                 without Python's start-up`;
const CI_EXAMPLES = `  myriad ci --against origin/main                  the cases of myriad.ci.yaml
  myriad ci bench/suite.yaml --against v1.2.0 --budget 20 --junit myriad.xml
  myriad ci --against origin/main --fail-on regressed
  myriad ci --calibrate 20                         how often is this suite flagged for nothing here?
  myriad ci --resume`;
const BENCH_EXAMPLES = `  myriad bench src/orders.bench.ts                 the first run stores baselines, later ones compare
  myriad bench bench/*.bench.ts --filter dedupe
  myriad bench src/orders.bench.ts --against release
  myriad bench src/orders.bench.ts --accept        the present code becomes the baseline
  myriad bench src/orders.bench.ts --tolerance 5%
  myriad bench --resume                            go on with the last run, which was stopped`;
const REPORT_EXAMPLES = `  myriad report
  myriad report 01J9Z3K6W8V4S2Q0T5R7Y1X3AB --open`;
const EXIT_CODES = `
Exit codes: 0 shown (run: improved; compare, burst: improved, not worse, or a baseline established; ci, bench:
every case or task), 1 regressed, refused by a gate, or rejected, 2 bad usage or input, 3 nothing better found, inconclusive,
or not run, 4 internal fault, 130 interrupted.`;
