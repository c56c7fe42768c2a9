/** Every code that the agents and the system assembly throw; documented in actors/README.md. */
import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../runtime/contracts/index.ts";

export type ActorErrorCode =
  | "TASK_FILE_UNREADABLE"
  | "TASK_INVALID"
  | "SUBJECT_REFERENCE_INVALID"
  | "SUBJECT_NONDETERMINISTIC"
  | "SUBJECT_LIMIT_EXCEEDED"
  | "SUBJECT_INCOMPARABLE"
  | "SUBJECT_COMMAND_FAILED"
  | "SUBJECT_NEEDS_PLATFORM"
  | "SUBJECT_NOT_COMPARED"
  | "INPUTS_TOO_FEW"
  | "METRIC_NO_FIGURE"
  | "SESSION_UNKNOWN"
  | "SESSION_ENDED"
  | "SESSION_SOURCE_CHANGED"
  | "SESSION_MACHINE_CHANGED"
  | "CHANGE_NOT_PROVED"
  | "CHANGE_NOT_WRITTEN"
  | "BASELINE_INCOMPARABLE"
  | "BASELINE_CASE_UNKNOWN"
  | "BASELINE_IMPORT_INVALID"
  | "BASELINE_NOT_PROMOTABLE"
  | "BASELINE_EXPORT_REFUSED"
  | "METRIC_UNKNOWN_HERE"
  | "REPORT_UNKNOWN"
  | "INTERRUPTED"
  | "SESSION_FAULT"
  | "SUITE_FILE_UNREADABLE"
  | "SUITE_INVALID"
  | "SUITE_NEEDS_REF"
  | "SUITE_NOT_CALIBRATED"
  | "SUITE_RUN_CHANGED"
  | "SUITE_RUN_UNKNOWN"
  | "GIT_UNAVAILABLE"
  | "GIT_REF_UNKNOWN"
  | "BENCH_FILE_UNREADABLE"
  | "BENCH_FILE_FAILED"
  | "BENCH_INVALID"
  | "BENCH_EMPTY"
  | "BENCH_TASK_FAILED"
  | "BENCH_NEEDS_MYRIAD"
  | "JOB_PATH_REFUSED"
  | "JOB_COMMAND_REFUSED"
  | "JOB_GAVE_UP";

export const ACTOR_ERRORS: Readonly<Record<ActorErrorCode, ErrorDefinition>> = {
  TASK_FILE_UNREADABLE: {
    fault: "input",
    meaning: "the task file is missing or cannot be read",
    hint: "check the path; a quick form looks like src/orders.ts#dedupe",
  },
  TASK_INVALID: {
    fault: "input",
    meaning: "the task is not what its schema asks for",
    hint: "see schemas/task.schema.json, and examples/tasks for working ones",
  },
  SUBJECT_REFERENCE_INVALID: {
    fault: "input",
    meaning: "a function was not named as path#export",
    hint: "write the module's path, #, and the export's name: src/orders.ts#dedupe",
  },
  SUBJECT_NONDETERMINISTIC: {
    fault: "input",
    meaning: "the result of the function or command depends on chance or time",
    hint: "pass the time and the random source in as arguments, so that two versions can be compared",
  },
  SUBJECT_LIMIT_EXCEEDED: {
    fault: "input",
    meaning:
      "the function or command broke a limit of the sandbox: an endless loop, too much memory, too deep a stack",
    hint: "give smaller inputs, or mend the loop; behaviour is first looked at in realm, an interpreter that can be a hundred times slower",
  },
  SUBJECT_INCOMPARABLE: {
    fault: "input",
    meaning: "the function's result has no canonical form",
    hint: "return data: no functions, generators, promises inside data, or weak collections",
  },
  SUBJECT_COMMAND_FAILED: {
    fault: "input",
    meaning: "the command ended with an exit code that is not 0, or by a signal",
    hint: "in the sandbox there is no network, and of the host the system's programs and the files that the command names: --file takes others along, --readable shows a folder where it lies",
  },
  SUBJECT_NEEDS_PLATFORM: {
    fault: "input",
    meaning: "the function needs what a sandbox does not give",
    hint: "pass in what it reads from files, network or process, and measure the pure part",
  },
  SUBJECT_NOT_COMPARED: {
    fault: "input",
    meaning: "the function does the same thing on too few inputs to compare anything",
    hint: "give examples or a generator module that it accepts",
  },
  INPUTS_TOO_FEW: {
    fault: "input",
    meaning: "fewer than three inputs are left, so none can be sealed",
    hint: "give at least three examples, or a generator module",
  },
  METRIC_NO_FIGURE: {
    fault: "input",
    meaning: "a metric of the task's own did not give a finite number for a call",
    hint: "its function is called with the result and the arguments, and returns a finite number for each",
  },
  SESSION_UNKNOWN: {
    fault: "input",
    meaning: "no session of that id in the state directory",
    hint: "see the sessions under --state; without an id the last one is taken",
  },
  SESSION_ENDED: {
    fault: "input",
    meaning: "the session has ended and cannot be resumed",
    hint: "start a new one",
  },
  SESSION_SOURCE_CHANGED: {
    fault: "input",
    meaning: "the subject's file changed since the session began, so its measurements would mix two versions",
    hint: "start a new session, or restore the file",
  },
  SESSION_MACHINE_CHANGED: {
    fault: "input",
    meaning: "the session was begun on another machine or runtime, or in other sandboxes, and would mix two",
    hint: "resume it where it was begun, or start a new session",
  },
  CHANGE_NOT_PROVED: {
    fault: "rejected",
    meaning: "the session did not end in a change that is proved better, so none is written",
    hint: "see its report; only the change of an improved run is applied",
  },
  CHANGE_NOT_WRITTEN: {
    fault: "input",
    meaning: "the change is proved, but the file could not be written; it is as it was",
    hint: "give the file's folder room and leave to write, then: myriad run --resume <session> --apply",
  },
  BASELINE_INCOMPARABLE: {
    fault: "input",
    meaning: "the stored version cannot be run beside the present one",
    hint: "promote another one (myriad baseline list, promote), or give the task a new id to begin anew",
  },
  BASELINE_CASE_UNKNOWN: {
    fault: "input",
    meaning: "no baseline of that case, or none in that metric",
    hint: "see myriad baseline list",
  },
  BASELINE_IMPORT_INVALID: {
    fault: "input",
    meaning: "the file is not what a benchmark tool writes, or holds too little to keep",
    hint: "give a tool's JSON as it was written: Criterion.rs, hyperfine, JMH, Google Benchmark or tinybench",
  },
  BASELINE_NOT_PROMOTABLE: {
    fault: "rejected",
    meaning:
      "the baseline did not come of a passing session, is of another tool, or lost against the last release",
    hint: "see myriad baseline show, and what it was measured by: myriad report <session>",
  },
  BASELINE_EXPORT_REFUSED: {
    fault: "input",
    meaning: "the baselines cannot be written in this form or to this place",
    hint: "see myriad baseline export --help",
  },
  METRIC_UNKNOWN_HERE: {
    fault: "input",
    meaning: "the task asks for a metric that this runtime or carrier does not tell",
    hint: "leave the metric out, or measure on Node in bubblewrap or under its permissions",
  },
  REPORT_UNKNOWN: {
    fault: "input",
    meaning: "there is no report yet",
    hint: "run a task first",
  },
  INTERRUPTED: {
    fault: "interrupted",
    meaning: "the session was stopped from outside; what was measured is kept",
    hint: "myriad run --resume <session>",
  },
  SESSION_FAULT: {
    fault: "internal",
    meaning: "a phase failed for a reason that is not the task's",
    hint: "myriad run --resume <session> goes on after the last finished phase",
  },
  SUITE_FILE_UNREADABLE: {
    fault: "input",
    meaning: "the suite file is missing or cannot be read",
    hint: "name the suite file, or write myriad.ci.yaml; see examples/ci",
  },
  SUITE_INVALID: {
    fault: "input",
    meaning: "the suite is not what its schema asks for, or names what is not there",
    hint: "see schemas/suite.schema.json, and examples/ci for a working one",
  },
  SUITE_NEEDS_REF: {
    fault: "input",
    meaning: "nothing says which code the suite is measured against",
    hint: "give --against <branch, tag or commit>, or write against: in the suite file",
  },
  SUITE_NOT_CALIBRATED: {
    fault: "input",
    meaning: "a case could not be measured against itself, so the rate of false alarms is not known",
    hint: "mend the case that the message names, then calibrate again; the rounds before it are kept",
  },
  SUITE_RUN_CHANGED: {
    fault: "input",
    meaning: "suite or code changed since the run began, so its measurements would mix two versions",
    hint: "start a new run, without --resume",
  },
  SUITE_RUN_UNKNOWN: {
    fault: "input",
    meaning: "there is no unfinished run of a suite in the state directory",
    hint: "start a new run, without --resume",
  },
  GIT_UNAVAILABLE: {
    fault: "input",
    meaning: "git is not installed, the suite lies in no repository, or git could not write a commit's files",
    hint: "install git and run inside the repository; in a container: git config --global --add safe.directory",
  },
  GIT_REF_UNKNOWN: {
    fault: "input",
    meaning: "the commit, branch or tag to measure against is not here, or has no common ancestor with HEAD",
    hint: "fetch it with its history; with actions/checkout: fetch-depth: 0",
  },
  BENCH_FILE_UNREADABLE: {
    fault: "input",
    meaning: "the bench file is missing or cannot be read",
    hint: "name a file that makes benches, e.g. src/orders.bench.ts; see examples/bench",
  },
  BENCH_FILE_FAILED: {
    fault: "input",
    meaning:
      "the bench file throws while it is evaluated, breaks a limit, or needs what a sandbox does not give",
    hint: "mend what it threw; its data is made in code, without files, network or process, and handed to the function under test",
  },
  BENCH_INVALID: {
    fault: "input",
    meaning: "a bench cannot be run as it is written",
    hint: "see docs/bench.md for what of tinybench is there",
  },
  BENCH_EMPTY: {
    fault: "input",
    meaning: "there is no task to measure",
    hint: "bench.add(name, fn) before bench.run(), at the top level of the file; --filter leaves out what it does not match",
  },
  BENCH_TASK_FAILED: {
    fault: "input",
    meaning:
      "a task throws, breaks a limit, needs what a sandbox does not give, or does not end the same way each time",
    hint: "mend the task, or leave it out by --filter; the others were measured",
  },
  BENCH_NEEDS_MYRIAD: {
    fault: "input",
    meaning: "a bench file of myriad-runtime/bench was started by a plain runtime, which has no sandboxes",
    hint: "npx myriad bench <file>",
  },
  JOB_PATH_REFUSED: {
    fault: "rejected",
    meaning: "a job of a cluster names what lies outside the folder that the node's jobs may use",
    hint: "name files below the nodes' root, relative to it or to the job's directory",
  },
  JOB_COMMAND_REFUSED: {
    fault: "rejected",
    meaning: "a job of a cluster is about a command or snippet, and the node takes none",
    hint: "measure functions, or let whoever runs the node allow commands",
  },
  JOB_GAVE_UP: {
    fault: "internal",
    meaning: "a job of a cluster was taken up too often by nodes that did not come to its end",
    hint: "see what ended those nodes, then submit it again",
  },
};

export const actorError: (code: ActorErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(ACTOR_ERRORS);

/** The same wherever a signal comes in. */
export function interrupted(): MyriadError {
  return actorError("INTERRUPTED", "the session was interrupted; what was measured is kept");
}
