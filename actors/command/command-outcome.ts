/** What became of one run of a command, in words: for the observation that is compared, and for whoever has to mend it. */
import { createHash } from "node:crypto";
import { sandboxError, SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import type {
  Observation,
  ProcessLimitName,
  ProcessLimits,
  ProcessSample,
  ProcessStream,
  SandboxLimits,
} from "../../kernels/sandbox/index.ts";
import type { StoredCommand } from "./command-program.ts";

const MOST_PIDS = 512;
const MOST_OUTPUT_MB = 4;
const SHOWN_CHARACTERS = 2_000;
const SHOWN_FILES = 5;

/** What a shell says by an exit code, and so does the sandbox of the command itself; a program may mean another thing. */
const EXIT_USUALLY_MEANS: Readonly<Record<number, string>> = {
  126: " (usually: a program was found in the sandbox that cannot be executed)",
  127: " (usually: a program was not found in the sandbox)",
};

/** Those of a task, and those that hold for every command. */
export function processLimits(limits: SandboxLimits): ProcessLimits {
  return { ...limits, pids: MOST_PIDS, outputMb: MOST_OUTPUT_MB };
}

/** @throws SANDBOX_INFRA */
export function observedRun(
  { outcome, stdout, stderr }: ProcessSample,
  { compared, snippet }: Pick<StoredCommand, "compared" | "snippet">,
  limits: SandboxLimits,
): Observation {
  switch (outcome.kind) {
    case "infra_error":
      throw sandboxError("SANDBOX_INFRA", `a sandbox for the command did not start: ${outcome.reason}`);
    case "limit_exceeded":
      return { outcome: "limit_exceeded", text: limitText(outcome.limit, limits) };
    case "killed":
      return { outcome: "threw", text: `killed by ${outcome.signal}${said("stderr", stderr)}` };
    case "exited": {
      const { code } = outcome;
      const shown = compared === "output" ? said("stdout", stdout) : "";
      if (code === 0) return { outcome: "returned", text: `exit code 0${shown}` };
      // The exit code of a snippet is its own.
      const means = snippet === undefined ? (EXIT_USUALLY_MEANS[code] ?? "") : "";
      return { outcome: "threw", text: `exit code ${code}${means}${shown}${said("stderr", stderr)}` };
    }
  }
}

interface LimitWords {
  readonly name: string;
  readonly of: keyof ProcessLimits;
  readonly unit: string;
  readonly advice: string;
}

const LIMITS: Readonly<Record<ProcessLimitName, LimitWords>> = {
  wall: {
    name: "wall time",
    of: "wallSeconds",
    unit: " s",
    advice: "see that the command ends: it has nothing to read but its stdin, and no network to wait for",
  },
  cpu: { name: "CPU time", of: "cpuSeconds", unit: " s", advice: "give the command less to do" },
  memory: {
    name: "memory",
    of: "memoryMb",
    unit: " MB",
    advice: "give the command less to hold: what it writes counts, too",
  },
  disk: { name: "disk", of: "diskMb", unit: " MB", advice: "let the command write less" },
  pids: {
    name: "processes and threads",
    of: "pids",
    unit: " at a time",
    advice: "let the command start fewer at a time",
  },
  output: {
    name: "output",
    of: "outputMb",
    unit: " MB",
    advice: "let the command print less, or into a file of its working folder",
  },
};

/** `a broken limit (wall time, 60 s)`. */
function limitText(limit: ProcessLimitName, limits: SandboxLimits): string {
  const { name, of, unit } = LIMITS[limit];
  return `a broken limit (${name}, ${processLimits(limits)[of]}${unit})`;
}

/**
 * What to do about a command that broke a limit.
 * @param text of the observation that says so
 */
export function limitHint(text: string, limits: SandboxLimits): string {
  const broken = (Object.keys(LIMITS) as ProcessLimitName[]).find((name) => limitText(name, limits) === text);
  if (broken === undefined) return "give the command less to do";
  const { of, unit, advice } = LIMITS[broken];
  const most = of in SANDBOX_CAPS ? SANDBOX_CAPS[of as keyof SandboxLimits] : null;
  if (most === null || processLimits(limits)[of] >= most) return `${advice}; the limit cannot be raised`;
  return `${advice}; or raise the task's limits.${of}, to ${most}${unit} at most`;
}

/** What is in the sandbox of a command that failed, and how to have more in it. */
export function insideHint({ files, readable }: Pick<StoredCommand, "files" | "readable">): string {
  const paths = Object.keys(files);
  const more = paths.length - SHOWN_FILES;
  const held =
    paths.length === 0
      ? "no file"
      : `${paths.slice(0, SHOWN_FILES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const read = readable.length === 0 ? "" : `, can be read ${readable.join(", ")}`;
  return `in the sandbox are the system's programs (/usr/local/bin, /usr/bin, /bin), in the working folder ${held}${read}, and there is no network: --file (files) takes more along, --readable (readable) shows a folder where it lies`;
}

/** Equal texts mean equal bytes: a digest stands for what is too long to be shown, or is no text. */
function said(name: string, { bytes }: ProcessStream): string {
  if (bytes.length === 0) return "";
  const text = Buffer.from(bytes).toString("utf8");
  const isWhole = text.length <= SHOWN_CHARACTERS && Buffer.from(text).equals(bytes);
  if (isWhole) return `, ${name}: ${text}`;
  const digest = createHash("sha256").update(bytes).digest("hex");
  return `, ${name} of ${bytes.length} bytes (SHA-256 ${digest}): ${text.slice(0, SHOWN_CHARACTERS)}…`;
}
