/** Sessions to draw reports of: seeded samples, and figures computed from them by the real statistics. */
import { compareMetric, decide } from "../../../kernels/statistics/index.ts";
import { seededRandom, type Random } from "../../../runtime/contracts/index.ts";
import type { ReportInput, VersionSamples } from "../../../actors/evidence/report-input.ts";
import type {
  BaselineSeries,
  BurstSummary,
  KeptComparison,
  ComparisonRow,
  SessionDocument,
} from "../../../actors/workflow/session-document.ts";

export interface SampleShape {
  readonly mean: number;
  readonly forkSpread: number;
  readonly spread: number;
  readonly forks?: number;
  readonly iterations?: number;
}

/** Log-normal iterations around fork means that are themselves log-normal, with a rare long tail. */
export function sampleForks(seed: string, shape: SampleShape): readonly Float64Array[] {
  const random = seededRandom(seed);
  const { mean, forkSpread, spread, forks = 20, iterations = 500 } = shape;
  return Array.from({ length: forks }, () => {
    const centre = mean * Math.exp(forkSpread * gaussian(random));
    return Float64Array.from({ length: iterations }, () => {
      const tail = random.next() < 0.01 ? 1 + random.next() * 1.5 : 1;
      return centre * Math.exp(spread * gaussian(random)) * tail;
    });
  });
}

/** Box–Muller. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export const SUBJECT_TIME: SampleShape = { mean: 1.24, forkSpread: 0.012, spread: 0.06 };

interface Measured {
  readonly row: Omit<ComparisonRow, "q" | "verdict">;
  readonly baseline: readonly Float64Array[];
  readonly candidate: readonly Float64Array[];
}

export function measure(
  name: string,
  baseline: SampleShape,
  candidate: SampleShape,
  metric: Partial<ComparisonRow> = {},
): Measured {
  const sides = {
    baseline: sampleForks(`${name}/b`, baseline),
    candidate: sampleForks(`${name}/c`, candidate),
  };
  const { direction = "lower", tolerance = 0.02 } = metric;
  const compared = compareMetric({ ...sides, direction, tolerance, seed: name });
  const place = { caseId: "orders-dedupe", metric: "time", unit: "ms", engine: "isolate", ...metric };
  return { ...sides, row: { ...place, ...compared } };
}

export function versionSamples({ baseline, candidate, row }: Measured): readonly VersionSamples[] {
  return [
    { version: "baseline", label: "src/orders.ts#dedupe", unit: row.unit, forks: baseline },
    { version: "candidate", label: "candidate 7 (3 rewrites)", unit: row.unit, forks: candidate },
  ];
}

export const DIFF = `--- a/src/orders.ts
+++ b/src/orders.ts
@@ -12,18 +12,22 @@ export interface Order {
   readonly total: number;
 }
 
-/** Keeps the first order of each id. */
 export function dedupe(orders: readonly Order[]): Order[] {
-  const seen: string[] = [];
+  const seen = new Set<string>();
   const kept: Order[] = [];
   for (const order of orders) {
-    if (!seen.includes(order.id)) {
-      seen.push(order.id);
+    if (!seen.has(order.id)) {
+      seen.add(order.id);
       kept.push(order);
     }
   }
-  return kept.map((order) => ({ ...order })).filter((order) => order.total > 0);
+  const result: Order[] = [];
+  for (const order of kept) {
+    const copy = { ...order };
+    if (copy.total > 0) result.push(copy);
+  }
+  return result;
 }
 
 export function byCustomer(orders: readonly Order[]): Map<string, Order[]> {
   const groups = new Map<string, Order[]>();
`;

const TIME = measure("improved", SUBJECT_TIME, { mean: 0.3626, forkSpread: 0.009, spread: 0.045 });
const MEMORY = measure(
  "memory",
  { mean: 18.4, forkSpread: 0.02, spread: 0.01 },
  { mean: 18.45, forkSpread: 0.02, spread: 0.01 },
  { metric: "peak_memory", unit: "MB", tolerance: 0.05 },
);

export const DOCUMENT: SessionDocument = {
  schema: "myriad.result/1",
  command: "run",
  session: "01JD8Q4ZK3M5T7V9X1B3D5F7H9",
  success: true,
  verdict: "improved",
  error: null,
  subject: { id: "orders-dedupe", file: "src/orders.ts", export: "dedupe", goal: "time", candidate: null },
  seed: 20_261_121,
  environment: {
    myriad: "0.1.0",
    runtime: "node 20.20.2",
    platform: "linux x64 6.8.0",
    cpu: "AMD EPYC 7763 64-Core Processor",
    cores: 2,
    memoryMb: 7_935,
    fingerprint: "8f14e45fceea167a",
  },
  isolation: {
    engine: "isolate",
    carrier: "bubblewrap",
    enforced: ["memory", "cpu time", "wall time", "no network", "read-only file system", "frozen realm"],
    missing: ["cgroup v2 limits", "disk quota"],
  },
  noise: { label: "quiet", coefficientOfVariation: 0.0124 },
  phases: [
    { name: "prepare", state: "finished", durationMs: 812 },
    { name: "generate", state: "finished", durationMs: 14_310 },
    { name: "validate", state: "finished", durationMs: 1_904 },
    { name: "gates", state: "finished", durationMs: 0.3 },
    { name: "equivalence", state: "finished", durationMs: 6_233 },
    { name: "burst", state: "finished", durationMs: 71_400 },
    { name: "compare", state: "finished", durationMs: 96 },
    { name: "reward", state: "finished", durationMs: 1.2 },
    { name: "baseline", state: "finished", durationMs: 38 },
    { name: "report", state: "running", durationMs: 0 },
  ],
  search: {
    candidates: 9,
    accepted: 3,
    history: [
      {
        round: 1,
        rule: "membership-to-set",
        description: "seen.includes in a loop became a Set lookup",
        line: 17,
        speedup: 2.71,
        outcome: "accepted",
        reason: null,
      },
      {
        round: 1,
        rule: "fuse-array-passes",
        description: "map and filter became one pass",
        line: 23,
        speedup: 1.04,
        outcome: "no_gain",
        reason: "gain below 5 % on search inputs",
      },
      {
        round: 1,
        rule: "head-index-queue",
        description: "shift became a head index",
        line: 31,
        speedup: null,
        outcome: "refused",
        reason: "the array is read after the loop",
      },
      {
        round: 2,
        rule: "fuse-array-passes",
        description: "map and filter became one pass",
        line: 23,
        speedup: 1.19,
        outcome: "accepted",
        reason: null,
      },
      {
        round: 2,
        rule: "memoise-recursion",
        description: "walk was given a cache",
        line: 44,
        speedup: 0.82,
        outcome: "slower",
        reason: null,
      },
      {
        round: 3,
        rule: "hoist-regexp",
        description: "the regular expression moved out of the loop",
        line: 27,
        speedup: null,
        outcome: "disagrees",
        reason: "lastIndex is carried over",
      },
      {
        round: 3,
        rule: "hoist-invariant",
        description: "orders.length read once",
        line: 16,
        speedup: 1.06,
        outcome: "accepted",
        reason: null,
      },
    ],
  },
  refusals: [],
  burst: { runs: 10_000, failures: 0, infraErrors: 2, wallMs: 71_400, sandboxesPerSecond: 280.1, batch: 24 },
  comparisons: decide([TIME.row, MEMORY.row]),
  gates: [
    {
      name: "constraint_compliance",
      passed: true,
      score: 1,
      critical: true,
      reason: null,
      dependencies: [],
      details: [],
    },
    {
      name: "architectural_integrity",
      passed: true,
      score: 0.982,
      critical: true,
      reason: null,
      dependencies: ["constraint_compliance"],
      details: [
        "separation of concerns 1.000",
        "single responsibility 0.960",
        "DRY 0.990",
        "modularity 0.980",
        "dependency management 0.980",
      ],
    },
    {
      name: "security_validation",
      passed: true,
      score: 1,
      critical: true,
      reason: null,
      dependencies: ["constraint_compliance"],
      details: [],
    },
    {
      name: "methodology_adherence",
      passed: true,
      score: 0.91,
      critical: false,
      reason: null,
      dependencies: ["constraint_compliance", "architectural_integrity"],
      details: [],
    },
    {
      name: "performance_baseline",
      passed: true,
      score: 1,
      critical: false,
      reason: null,
      dependencies: ["constraint_compliance"],
      details: [],
    },
  ],
  reward: {
    total: 67.73,
    normalised: 17.73,
    components: { passed: 60, violations: 0, architecture: 5, regression: 0, methodology: 2.73 },
  },
  baseline: { from: "b4", to: null, candidate: "b5" },
  equivalence: {
    inputs: 300,
    sealed: 100,
    disagreements: 0,
    engines: ["realm", "isolate"],
    counterexamples: [],
  },
  diff: DIFF,
  report: null,
};

export const INPUT: ReportInput = {
  document: DOCUMENT,
  diff: DIFF,
  samples: versionSamples(TIME),
  history: [],
  sampleInputs: [
    "[[]]",
    '[[{ id: "a", total: 1 }]]',
    '[[{ id: "a", total: 1 }, { id: "a", total: -0 }]]',
    '[[{ id: "", total: NaN }, { id: "0", total: 2 ** 53 }]]',
  ],
  inputOrigin:
    "300 inputs drawn by fast-check from the parameter types (readonly Order[]), seed 20261121; 100 of them sealed.",
  reproduce: [
    "npx myriad run src/orders.ts#dedupe --seed 20261121",
    "npx myriad report 01JD8Q4ZK3M5T7V9X1B3D5F7H9",
  ],
  createdAt: "2026-11-21T10:57:07.000Z",
};

/** Kept versions `orders-dedupe@1` … of these means, in ms: the last but two is released, the last one current. */
export function historyOf(means: readonly number[], shifts: BaselineSeries["shifts"] = []): BaselineSeries {
  const { fingerprint } = DOCUMENT.environment;
  const entries = means.map((mean, index) => ({
    tag: `orders-dedupe@${index + 1}`,
    caseId: "orders-dedupe",
    subject: "src/orders.ts#dedupe",
    metric: "time",
    unit: "ms",
    direction: "lower" as const,
    mean,
    stdDev: mean * 0.02,
    n: 20,
    ci99: [mean * 0.985, mean * 1.015] as const,
    current: index === means.length - 1,
    release: index === means.length - 3,
    createdAt: `2026-10-${String(index + 1).padStart(2, "0")}T08:00:00.000Z`,
    fingerprint,
    label: null,
    note: null,
    tool: null,
  }));
  return { metric: "time", unit: "ms", direction: "lower", fingerprint, tool: null, entries, shifts };
}

/** Twelve versions, of which the seventh takes a quarter less. */
export const HISTORY: BaselineSeries = historyOf(
  [1.62, 1.6, 1.65, 1.61, 1.63, 1.6, 1.22, 1.24, 1.23, 1.25, 1.22, 1.24],
  [{ tag: "orders-dedupe@7", before: 1.618, after: 1.233, relDelta: -0.238, p: 0.002 }],
);

/** What the versions of DOCUMENT's burst were timed under. */
export const BURST: BurstSummary = {
  ...DOCUMENT.burst!,
  measurement: {
    warmUpIterations: 150,
    stretch: 1,
    timer: { resolutionNs: 30, overheadNs: 20 },
    versions: (["baseline", "candidate"] as const).map((version) => ({
      version,
      forks: 20,
      unsteadyForks: 0,
      steadyAfter: 50,
      drift: 0.002,
      collections: 2,
      collectionMs: 1.5,
      allocatedBytes: 64,
      cpuNs: 1_300_000,
    })),
  },
};

export const RELEASE: KeptComparison = {
  before: "orders-dedupe@3",
  after: DOCUMENT.session!,
  sameEnvironment: true,
  refusal: null,
  verdict: "improved",
  comparisons: decide([TIME.row]),
};

/** An undecided row of exactly this relative change, fork means of both versions varying by `variation`. */
export function openRow({ change, variation }: { change: number; variation: number }): ComparisonRow {
  const row = DOCUMENT.comparisons[0]!;
  const side = (mean: number): ComparisonRow["baseline"] => ({
    ...row.baseline,
    mean,
    stdDev: mean * variation,
  });
  return {
    ...row,
    relDelta: change,
    ci99: [change - 3 * variation, change + 3 * variation],
    baseline: side(1),
    candidate: side(1 + change),
    q: { regressed: 0.3, nonInferior: 0.3, improved: 0.9 },
    verdict: "inconclusive",
  };
}

/** INPUT with parts of its document, and the samples that go with them, exchanged. */
export function session(document: Partial<SessionDocument>, input: Partial<ReportInput> = {}): ReportInput {
  return { ...INPUT, ...input, document: { ...DOCUMENT, ...document } };
}

/** Only time is compared: as the overall verdict needs it. */
export function timeSession(
  name: string,
  candidate: SampleShape,
  document: Partial<SessionDocument>,
): ReportInput {
  const time = measure(name, SUBJECT_TIME, candidate);
  return session({ comparisons: decide([time.row]), ...document }, { samples: versionSamples(time) });
}

export const REGRESSED: ReportInput = timeSession(
  "regressed",
  { ...SUBJECT_TIME, mean: 1.62 },
  {
    verdict: "regressed",
    success: false,
    command: "compare",
    subject: { ...DOCUMENT.subject!, candidate: "src/orders-next.ts#dedupe" },
    search: null,
    gates: [],
    reward: null,
  },
);

export const INCONCLUSIVE: ReportInput = timeSession(
  "inconclusive",
  { mean: 1.233, forkSpread: 0.05, spread: 0.09 },
  {
    verdict: "inconclusive",
    success: false,
    noise: { label: "noisy", coefficientOfVariation: 0.062 },
  },
);

export const NON_INFERIOR: ReportInput = timeSession(
  "same",
  { ...SUBJECT_TIME, mean: 1.238 },
  {
    verdict: "non_inferior",
    command: "burst",
    search: null,
  },
);

export const REJECTED: ReportInput = session(
  {
    verdict: "rejected",
    success: false,
    comparisons: [],
    subject: { ...DOCUMENT.subject!, candidate: "src/fast.ts#dedupe" },
    search: null,
    burst: null,
    noise: null,
    equivalence: {
      inputs: 300,
      sealed: 100,
      disagreements: 3,
      engines: ["realm", "isolate"],
      counterexamples: [
        {
          input: '[[{ id: "__proto__", total: 1 }]]',
          engine: "realm",
          subject: '[{ id: "__proto__", total: 1 }]',
          candidate: "[]",
          shrunkFrom: 412,
          shrunkTo: 33,
        },
      ],
    },
  },
  { samples: [] },
);

export const NO_BASELINE: ReportInput = session(
  {
    verdict: "no_baseline",
    command: "burst",
    comparisons: [],
    search: null,
    baseline: { from: null, to: "b1", candidate: null },
    equivalence: null,
    diff: null,
  },
  { samples: INPUT.samples.slice(0, 1), diff: "" },
);

export const FAILED: ReportInput = session(
  {
    verdict: null,
    success: false,
    error: {
      code: "SUBJECT_NOT_DETERMINISTIC",
      message: "dedupe gave two results for one input",
      hint: "take Date.now out of it, or pass the time in",
      location: "src/orders.ts:15:3",
    },
    comparisons: [],
    search: null,
    burst: null,
    gates: [],
    reward: null,
    equivalence: null,
    noise: null,
    isolation: null,
    baseline: null,
    diff: null,
    phases: [{ name: "prepare", state: "failed", durationMs: 912 }],
  },
  { samples: [], diff: "", sampleInputs: [], inputOrigin: "" },
);
