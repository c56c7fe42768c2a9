/**
 * The one writer of the analytics database: an actor that carries out one write after another, and the store
 * through which others ask it. What it is told is in the journal already, and every write may be said again:
 * after a crash the database is brought up to the journal, never the other way round.
 */
import { actor } from "../../runtime/index.ts";
import type { ActorContext, ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import type {
  Analytics,
  BaselineMarks,
  BaselineRole,
  BaselineRow,
  MetricSamples,
  PrunedSamples,
  SessionRow,
} from "../../storage/index.ts";
import type { Summary, Verdict } from "../../kernels/statistics/index.ts";
import type { ComparisonRow } from "../workflow/session-document.ts";
import type { KeptFork, SessionStart } from "../workflow/session-state.ts";
import { refName } from "../workflow/task.ts";
import type { ForeignFork } from "./baseline-import.ts";
import { cpuNsOf } from "./fork-conditions.ts";
import type { Version } from "./fork-plan.ts";

export type EvidenceWrite =
  | {
      readonly kind: "fork";
      readonly session: string;
      readonly caseId: string;
      readonly fork: KeptFork;
      readonly own?: readonly MetricSamples[];
    }
  | { readonly kind: "session"; readonly start: SessionStart; readonly verdict: Verdict | null }
  | { readonly kind: "summaries"; readonly session: string; readonly rows: readonly VersionSummary[] }
  | { readonly kind: "comparisons"; readonly session: string; readonly rows: readonly ComparisonRow[] }
  | { readonly kind: "establish"; readonly tag: string; readonly rows: readonly NewBaselineRow[] }
  | { readonly kind: "promote"; readonly tag: string; readonly role?: BaselineRole }
  | {
      readonly kind: "import";
      readonly tag: string;
      readonly rows: readonly NewBaselineRow[];
      readonly forks: readonly ForeignFork[];
    }
  | {
      readonly kind: "measured";
      readonly session: SessionRow;
      readonly tag: string;
      readonly rows: readonly NewBaselineRow[];
      readonly forks: readonly ForeignFork[];
    }
  | { readonly kind: "mark"; readonly marks: BaselineMarks }
  | { readonly kind: "setting"; readonly name: string; readonly value: unknown }
  | { readonly kind: "prune"; readonly before: number; readonly dryRun: boolean };

/** What a write answers: only of pruning more than that it is done. */
type Written = PrunedSamples | null;

export type EvidenceMessage =
  | { readonly kind: "write"; readonly write: EvidenceWrite; readonly reply: Reply<Written> }
  | { readonly kind: "written"; readonly reply: Reply<Written>; readonly answer: Written }
  | { readonly kind: "failed"; readonly reply: Reply<Written>; readonly error: unknown };

export type NewBaselineRow = Omit<BaselineRow, "tag">;

/** One metric of one version over its fork means. */
export interface VersionSummary {
  readonly caseId: string;
  readonly metric: string;
  readonly version: Version;
  readonly unit: string;
  readonly summary: Summary;
}

interface StoreState {
  readonly analytics: Analytics;
  /** The last write that was begun; the next one waits for it. */
  readonly last: Promise<unknown>;
}

type Ctx = ActorContext<EvidenceMessage>;

export const evidenceActor: ActorType<Analytics, StoreState, EvidenceMessage> = actor({
  name: "evidence-store",
  mailbox: { capacity: 10_000, overflow: "fail" },
  initial: (analytics: Analytics): StoreState => ({ analytics, last: Promise.resolve() }),
  receive(state: StoreState, message: EvidenceMessage, ctx: Ctx): StoreState {
    const { reply } = message;
    if (message.kind === "written") {
      reply.send(message.answer);
      return state;
    }
    if (message.kind === "failed") {
      reply.fail(message.error);
      return state;
    }
    const { write } = message;
    const { analytics } = state;
    const now = ctx.clock.now();
    const done = state.last.then(() => carryOut(write, analytics, now));
    ctx.pipe(
      done,
      (answer): EvidenceMessage => ({ kind: "written", reply, answer }),
      (error): EvidenceMessage => ({ kind: "failed", reply, error }),
    );
    return { ...state, last: done.catch(() => undefined) };
  },
});

async function carryOut(write: EvidenceWrite, analytics: Analytics, now: number): Promise<Written> {
  if (write.kind === "prune") return await analytics.pruneSamples(write.before, write.dryRun);
  await record(write, analytics, now);
  return null;
}

function record(
  write: Exclude<EvidenceWrite, { readonly kind: "prune" }>,
  analytics: Analytics,
  now: number,
): Promise<unknown> {
  switch (write.kind) {
    case "fork":
      return writeFork(write, analytics, now);
    case "session":
      return writeSession(write.start, write.verdict, analytics, now);
    case "summaries":
      return analytics.recordSummaries(write.rows.map((row) => summaryRow(write.session, row, now)));
    case "comparisons":
      return analytics.recordComparisons(write.rows.map((row) => comparisonRow(write.session, row, now)));
    case "establish":
      return analytics.establishBaseline(write.tag, write.rows);
    case "promote":
      return analytics.promote(write.tag, write.role);
    case "import":
      return writeImport(write.tag, write.rows, write.forks, analytics);
    case "measured":
      return writeMeasured(write, analytics);
    case "mark":
      return analytics.markBaseline(write.marks);
    case "setting":
      return analytics.recordSetting(write.name, write.value);
  }
}

function writeFork(
  { session, caseId, fork, own = [] }: Extract<EvidenceWrite, { readonly kind: "fork" }>,
  analytics: Analytics,
  now: number,
): Promise<void> {
  const { version, order, wallNs, ticks, failures, cpuMs, peakMb, isolation, conditions } = fork;
  const row = {
    session,
    caseId,
    version,
    fork: fork.fork,
    order,
    node: "local",
    engine: isolation.engine,
    carrier: isolation.carrier,
    iterations: wallNs.length,
    failures,
    outcomes: { completed: wallNs.length - failures, failed: failures },
    cpuMs,
    peakMb,
    recordedAt: now,
  };
  return analytics.recordFork(row, [
    { metric: "wall_time", values: wallNs },
    ...(Number.isNaN(peakMb) ? [] : [{ metric: "peak_memory", values: Float64Array.of(peakMb) }]),
    ...(ticks === undefined ? [] : [{ metric: "ticks", values: ticks }]),
    ...(Number.isNaN(cpuNsOf(fork)) ? [] : [{ metric: "cpu_time", values: Float64Array.of(cpuNsOf(fork)) }]),
    ...(conditions?.allocatedBytes == null
      ? []
      : [{ metric: "heap_allocated", values: Float64Array.of(conditions.allocatedBytes) }]),
    ...own,
  ]);
}

function writeSession(
  start: SessionStart,
  verdict: Verdict | null,
  analytics: Analytics,
  now: number,
): Promise<void> {
  const { session, command, task, seed, environment, createdAt } = start;
  return analytics.recordSession({
    session,
    command,
    subject: refName(task.subject),
    goal: task.goal,
    seed: String(seed),
    startedAt: createdAt,
    finishedAt: verdict === null ? null : now,
    verdict,
    environment,
  });
}

/** Samples first: no tag stands without them. */
async function writeImport(
  tag: string,
  rows: readonly NewBaselineRow[],
  forks: readonly ForeignFork[],
  analytics: Analytics,
): Promise<void> {
  for (const { row, samples } of forks) await analytics.recordFork(row, samples);
  await analytics.establishBaseline(tag, rows);
}

async function writeMeasured(
  { session, tag, rows, forks }: Extract<EvidenceWrite, { readonly kind: "measured" }>,
  analytics: Analytics,
): Promise<void> {
  await analytics.recordSession(session);
  await writeImport(tag, rows, forks, analytics);
}

function summaryRow(session: string, { summary, ...labels }: VersionSummary, now: number) {
  const { n, mean, stdDev, median, p95, p99, ci99 } = summary;
  const [ciLow, ciHigh] = ci99.mean;
  return {
    session,
    ...labels,
    n,
    mean,
    stdDev,
    median,
    p95,
    p99,
    ciLow,
    ciHigh,
    detail: summary,
    recordedAt: now,
  };
}

function comparisonRow(session: string, row: ComparisonRow, now: number) {
  const { caseId, metric, verdict, test, tolerance, relDelta, ci99, p, q, hedgesG, cliffsDelta } = row;
  return {
    session,
    caseId,
    metric,
    baselineVersion: "baseline",
    candidateVersion: "candidate",
    verdict,
    test,
    tolerance,
    relDelta,
    ciLow: ci99?.[0] ?? null,
    ciHigh: ci99?.[1] ?? null,
    p: p.regressed,
    q: q.regressed,
    hedgesG,
    cliffsDelta,
    detail: row,
    recordedAt: now,
  };
}

/** A database that takes longer than this for one write has failed. */
const WRITE_TIMEOUT_MS = 120_000;

export class EvidenceStore {
  readonly #writer: ActorRef<EvidenceMessage>;

  constructor(writer: ActorRef<EvidenceMessage>) {
    this.#writer = writer;
  }

  /** @param own figures of the version's own metrics, which are of no fork and kept with the first */
  recordFork(
    session: string,
    caseId: string,
    fork: KeptFork,
    own: readonly MetricSamples[] = [],
  ): Promise<void> {
    return this.#write({ kind: "fork", session, caseId, fork, own });
  }

  recordSession(start: SessionStart, verdict: Verdict | null): Promise<void> {
    return this.#write({ kind: "session", start, verdict });
  }

  recordSummaries(start: SessionStart, rows: readonly VersionSummary[]): Promise<void> {
    return this.#write({ kind: "summaries", session: start.session, rows });
  }

  recordComparisons(start: SessionStart, rows: readonly ComparisonRow[]): Promise<void> {
    return this.#write({ kind: "comparisons", session: start.session, rows });
  }

  /** @throws BASELINE_EXISTS */
  establish(tag: string, rows: readonly NewBaselineRow[]): Promise<void> {
    return this.#write({ kind: "establish", tag, rows });
  }

  /** @throws BASELINE_UNKNOWN */
  promote(tag: string, role: BaselineRole = "current"): Promise<void> {
    return this.#write({ kind: "promote", tag, role });
  }

  /** @throws BASELINE_EXISTS */
  importBaseline(tag: string, rows: readonly NewBaselineRow[], forks: readonly ForeignFork[]): Promise<void> {
    return this.#write({ kind: "import", tag, rows, forks });
  }

  /** A baseline of no session's workflow, with all that it rests on. @throws BASELINE_EXISTS */
  establishMeasured(
    measured: Omit<Extract<EvidenceWrite, { readonly kind: "measured" }>, "kind">,
  ): Promise<void> {
    return this.#write({ kind: "measured", ...measured });
  }

  /** @throws BASELINE_UNKNOWN */
  markBaseline(marks: BaselineMarks): Promise<void> {
    return this.#write({ kind: "mark", marks });
  }

  recordSetting(name: string, value: unknown): Promise<void> {
    return this.#write({ kind: "setting", name, value });
  }

  /** Counts, or removes, samples of forks recorded before this time. */
  async pruneSamples(before: number, dryRun: boolean): Promise<PrunedSamples> {
    return (await this.#ask({ kind: "prune", before, dryRun }))!;
  }

  async #write(write: EvidenceWrite): Promise<void> {
    await this.#ask(write);
  }

  #ask(write: EvidenceWrite): Promise<Written> {
    return this.#writer.ask<Written>((reply) => ({ kind: "write", write, reply }), {
      timeoutMs: WRITE_TIMEOUT_MS,
    });
  }
}
