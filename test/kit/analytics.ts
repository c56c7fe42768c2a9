/** Records for the keepers of measurements, and folders to keep them in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Analytics,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  SessionRow,
  SummaryRow,
} from "../../storage/index.ts";

export const forkRow = (number: number, changes: Partial<ForkRow> = {}): ForkRow => ({
  session: "S1",
  caseId: "case",
  version: "base",
  fork: number,
  order: 2 * number,
  node: "local",
  engine: "isolate",
  carrier: "permission",
  iterations: 3,
  failures: 0,
  outcomes: { returned: 2, threw: 1 },
  cpuMs: 1.25,
  peakMb: 40.5,
  recordedAt: 1_700_000_000_123,
  ...changes,
});

export const baselineRow = (changes: Partial<BaselineRow> = {}): Omit<BaselineRow, "tag"> => ({
  caseId: "case",
  subject: "a.ts#f",
  metric: "wall",
  unit: "ns",
  direction: "lower",
  tolerance: null,
  mean: 10.5,
  stdDev: 0.5,
  n: 20,
  ciLow: 10.1,
  ciHigh: 10.9,
  samplesSession: "S1",
  samplesVersion: "base",
  environment: { node: "20", cpus: ["x"] },
  programDigest: "00ff",
  createdAt: 1_700_000_000_000,
  note: null,
  tool: null,
  ...changes,
});

export const sessionRow = (changes: Partial<SessionRow> = {}): SessionRow => ({
  session: "S1",
  command: "run",
  subject: "a.ts#f",
  goal: null,
  seed: "7",
  startedAt: 1,
  finishedAt: null,
  verdict: null,
  environment: { node: "20" },
  ...changes,
});

export const summaryRow = (changes: Partial<SummaryRow> = {}): SummaryRow => ({
  session: "S1",
  caseId: "case",
  metric: "wall",
  version: "base",
  unit: "ns",
  n: 3,
  mean: 1,
  stdDev: 1,
  median: 1,
  p95: 2,
  p99: 2,
  ciLow: 0,
  ciHigh: 2,
  detail: [1],
  recordedAt: 3,
  ...changes,
});

export const comparisonRow = (changes: Partial<ComparisonRow> = {}): ComparisonRow => ({
  session: "S1",
  caseId: "case",
  metric: "wall",
  baselineVersion: "base",
  candidateVersion: "c1",
  verdict: "improved",
  test: "welch",
  tolerance: 0.02,
  relDelta: -0.2,
  ciLow: null,
  ciHigh: null,
  p: 0.01,
  q: 0.02,
  hedgesG: null,
  cliffsDelta: -1,
  detail: { a: null },
  recordedAt: 4,
  ...changes,
});

export async function inFolder(test: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "analytics-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Closes what was opened, whatever the test says. */
export async function using(
  opened: Promise<Analytics>,
  test: (analytics: Analytics) => Promise<unknown>,
): Promise<void> {
  const analytics = await opened;
  try {
    await test(analytics);
  } finally {
    await analytics.close();
  }
}

/** All that can be asked about these sessions, cases and tags. */
export async function everythingIn(
  analytics: Analytics,
  { sessions, cases, versions, metrics, tags }: Asked,
): Promise<readonly unknown[]> {
  const answers: unknown[] = [await analytics.sessions(), await analytics.baselines()];
  for (const session of sessions) {
    answers.push(await analytics.session(session), await analytics.forksOf(session));
    answers.push(await analytics.summariesOf(session), await analytics.comparisonsOf(session));
    for (const caseId of cases)
      for (const version of versions)
        for (const metric of metrics)
          answers.push(await analytics.samplesOf(session, caseId, version, metric));
  }
  for (const caseId of cases) {
    answers.push(await analytics.currentBaseline(caseId), await analytics.releaseBaseline(caseId));
  }
  answers.push(await analytics.baselineMarks(), await analytics.setting("days"));
  for (const tag of tags) answers.push(await analytics.baseline(tag));
  return answers;
}

export type Asked = Readonly<
  Record<"sessions" | "cases" | "versions" | "metrics" | "tags", readonly string[]>
>;
