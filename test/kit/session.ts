/**
 * Sessions to test with: the smallest task, versions, forks and phase outputs that make sense together. Each
 * builder takes the parts that a test is about; all else passes.
 */
import { createHash } from "node:crypto";
import type {
  EncodedInput,
  ForkMeasurement,
  Isolation,
  Observation,
  SandboxProgram,
} from "../../kernels/sandbox/index.ts";
import { SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import { compareMetric, decide } from "../../kernels/statistics/index.ts";
import type { MetricVerdict } from "../../kernels/statistics/index.ts";
import type { NewBaselineRow } from "../../actors/evidence/evidence-store.ts";
import type { KeptConditions } from "../../actors/evidence/fork-conditions.ts";
import type { Version } from "../../actors/evidence/fork-plan.ts";
import { rewardOf } from "../../actors/evidence/reward.ts";
import { samplesOf } from "../../actors/evidence/statistician.ts";
import { evaluateGates } from "../../actors/workflow/gates.ts";
import type { ComparisonRow, Environment, MachineNoise } from "../../actors/workflow/session-document.ts";
import { EMPTY_SESSION } from "../../actors/workflow/session-state.ts";
import type {
  BurstOutcome,
  Compared,
  Generated,
  KeptFork,
  PhaseOutputs,
  Prepared,
  SessionCommand,
  SessionStart,
  SessionState,
  VersionSource,
} from "../../actors/workflow/session-state.ts";
import type { Task } from "../../actors/workflow/task.ts";
import { cleanAudit } from "./audit.ts";

export const SESSION = "01JD8Q4ZK3M5T7V9X1B3D5F7H9";

export const ENVIRONMENT: Environment = {
  myriad: "0.1.0",
  runtime: "node 20.20.2",
  platform: "linux x64",
  cpu: "a processor",
  cores: 2,
  memoryMb: 7_935,
  fingerprint: "8f14e45fceea167a",
};

export const ISOLATION: Isolation = {
  engine: "isolate",
  carrier: "permission",
  enforced: ["memory"],
  missing: ["network"],
};

export const SANDBOX_SEED = { random: 1, epochMs: 1_700_000_000_000 };

export function taskOf(part: Partial<Task> = {}): Task {
  return {
    id: "dedupe",
    source: null,
    subject: { file: "/project/orders.ts", exportName: "dedupe" },
    goal: "faster, with the same behaviour",
    inputs: null,
    examples: null,
    candidate: null,
    constraints: [],
    metrics: [{ name: "wall_time", unit: "ns", direction: "lower", tolerance: 0.02 }],
    runs: 40,
    workers: null,
    seed: 7,
    baseline: null,
    behaviour: "same",
    limits: SANDBOX_CAPS,
    ...part,
  };
}

export const WRITTEN: Pick<Task, "candidate"> = {
  candidate: { file: "/project/fast.ts", exportName: "dedupe" },
};

export function startOf(command: SessionCommand, task: Partial<Task> = {}): SessionStart {
  return {
    session: SESSION,
    command,
    task: taskOf(task),
    seed: 7,
    environment: ENVIRONMENT,
    createdAt: 1_000,
  };
}

/** A program by name: equal names are equal programs, and the code holds the name. */
export function programOf(name: string): SandboxProgram {
  return {
    code: `(function () { return { dedupe: ${JSON.stringify(name)} }; })`,
    entry: "dedupe",
    digest: name,
  };
}

/** The same with the digest that its bundle would have. */
export function bundledOf(name: string): SandboxProgram {
  const { code, entry } = programOf(name);
  return { code, entry, digest: createHash("sha256").update(`${code}\0${entry}`).digest("hex") };
}

export function versionOf(name: string): VersionSource {
  return { program: programOf(name), source: sourceOf(name), label: name };
}

export function sourceOf(name: string): string {
  return `export const version = ${JSON.stringify(name)};\n`;
}

/** Argument lists of one number each: `[1]`, `[2]` … */
export function inputsOf(...numbers: readonly number[]): readonly EncodedInput[] {
  return numbers.map((number) => JSON.stringify([[1], number]) as EncodedInput);
}

export function preparedOf(part: Partial<Prepared> = {}): Prepared {
  const subject = versionOf("subject");
  return {
    info: {
      ref: taskOf().subject,
      source: subject.source,
      functionText: subject.source,
      startLine: 1,
      endLine: 1,
      async: false,
      parameters: [],
      returnType: "number",
    },
    subject,
    other: null,
    search: inputsOf(3, 4, 5, 6),
    sealed: inputsOf(1, 2),
    searchBatch: inputsOf(3, 4, 5, 6),
    sealedBatch: inputsOf(1, 2),
    inputOrigin: "6 examples of the task",
    sandboxSeed: SANDBOX_SEED,
    currentBaseline: null,
    ...part,
  };
}

/** A chain of the search; the last link, which is tried first, is `candidate <length>`. */
export function generatedOf(length: number): Generated {
  const chain = Array.from({ length }, (_, index) => {
    const { source, program } = versionOf(`candidate ${index + 1}`);
    return { source, program, rules: [`candidate ${index + 1}`] };
  });
  return { chain, summary: { candidates: length + 1, accepted: length, history: [] } };
}

export const MACHINE: MachineNoise = {
  label: "noisy",
  probes: 40,
  loopNs: 90_000,
  variation: 0.02,
  waiting: 0.1,
  steal: null,
  loadPerCore: 0.5,
  clockMhz: null,
};

export function conditionsOf(steadyAfter: number | null = 50): KeptConditions {
  return {
    timer: { resolutionNs: 40, overheadNs: 100 },
    stretch: 2,
    cpuMs: 12,
    collections: { count: 4, ms: 1.5 },
    allocatedBytes: 64,
    warmUpIterations: 150,
    steadyAfter,
  };
}

export function forkOf(version: Version, fork: number, part: Partial<KeptFork> = {}): KeptFork {
  const typicalNs = version === "baseline" ? 100 : 50;
  return {
    version,
    fork,
    order: 2 * fork + (version === "baseline" ? 0 : 1),
    wallNs: Float64Array.of(typicalNs + (fork % 5), typicalNs + (fork % 3)),
    failures: 0,
    startFailures: 0,
    cpuMs: 12,
    peakMb: 40 + (fork % 2),
    proved: true,
    isolation: ISOLATION,
    ...part,
  };
}

/** Twenty forks of each version: the candidate takes half the time. */
export function forksOf(...versions: readonly Version[]): readonly KeptFork[] {
  return Array.from({ length: 20 }, (_, fork) => versions.map((version) => forkOf(version, fork))).flat();
}

/** What the isolate engine gives for one fork. */
export function measurementOf(part: Partial<ForkMeasurement> = {}): ForkMeasurement {
  return {
    wallNs: Float64Array.of(100, 101),
    ticks: new Float64Array(0),
    failures: 0,
    cpuMs: 12,
    peakMb: 40,
    proof: [],
    isolation: ISOLATION,
    ...part,
  };
}

export function returned(text: string): Observation {
  return { outcome: "returned", text };
}

export function burstOutcomeOf(part: Partial<BurstOutcome> = {}): BurstOutcome {
  return {
    isolation: ISOLATION,
    infraErrors: 0,
    wallMs: 2_000,
    measured: 80,
    iterationsPerFork: 2,
    batch: 2,
    falseProof: null,
    ...part,
  };
}

/** Of `forksOf`, by the real statistics, save for the verdict. */
export function rowOf(verdict: MetricVerdict = "improved"): ComparisonRow {
  const session = { ...EMPTY_SESSION, forks: forksOf("baseline", "candidate") };
  const baseline = samplesOf(session, "baseline", "wall_time");
  const candidate = samplesOf(session, "candidate", "wall_time");
  const compared = compareMetric({ baseline, candidate, direction: "lower", tolerance: 0.02, seed: 7 });
  const [row] = decide([
    { ...compared, caseId: "dedupe", metric: "wall_time", unit: "ns", engine: "isolate" },
  ]);
  return { ...row!, verdict };
}

export function comparedOf(part: Partial<Compared> = {}): Compared {
  const verdict = part.verdict ?? "improved";
  const earlier = evaluateGates("before_burst", { audit: cleanAudit(), verdict: null });
  return {
    rows: [],
    verdict,
    noise: { label: "quiet", coefficientOfVariation: 0.01 },
    gates: evaluateGates("after_burst", { audit: cleanAudit(), verdict }, earlier),
    ...part,
  };
}

/** What every phase gives where nothing goes wrong. */
export function outputsOf(part: Partial<PhaseOutputs> = {}): PhaseOutputs {
  const audit = cleanAudit();
  const gates = evaluateGates("before_burst", { audit, verdict: null });
  return {
    prepare: preparedOf(),
    generate: generatedOf(1),
    validate: audit,
    gates,
    equivalence: {
      inputs: 6,
      sealed: 2,
      disagreements: 0,
      engines: ["realm", "isolate"],
      counterexamples: [],
    },
    burst: burstOutcomeOf(),
    compare: comparedOf(),
    reward: rewardOf(audit, gates, false),
    baseline: { from: null, to: "dedupe@1", candidate: "dedupe@2" },
    report: { html: "/state/artifacts/report.html", markdown: "/state/artifacts/report.md" },
    ...part,
  };
}

/** A session that has come so far: only what is given is there. */
export function sessionOf(
  command: SessionCommand,
  part: Partial<Omit<SessionState, "start">> = {},
  task: Partial<Task> = {},
): SessionState {
  return { ...EMPTY_SESSION, start: startOf(command, task), ...part };
}

/** The gates before the burst, one rule of the audit violated. */
export function failedGates(): PhaseOutputs["gates"] {
  const audit = cleanAudit();
  const checks = audit.checks.map((check, index) => ({ ...check, passed: index > 0 }));
  return evaluateGates("before_burst", { audit: { ...audit, checks }, verdict: null });
}

/** As the database keeps it, without its tag. */
export function baselineRowOf(part: Partial<NewBaselineRow> = {}): NewBaselineRow {
  return {
    caseId: "dedupe",
    subject: "/project/orders.ts#dedupe",
    metric: "wall_time",
    unit: "ns",
    direction: "lower",
    tolerance: 0.02,
    mean: 100,
    stdDev: 1,
    n: 20,
    ciLow: 99,
    ciHigh: 101,
    samplesSession: SESSION,
    samplesVersion: "candidate",
    environment: ENVIRONMENT,
    programDigest: "candidate 1",
    createdAt: 1_000,
    note: null,
    tool: null,
    ...part,
  };
}
