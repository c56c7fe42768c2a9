/**
 * Baselines: versioned, immutable, and never only figures. With each goes the program that was measured, so
 * that a later comparison runs it again, interleaved with the present code: figures of another day or machine
 * are not compared with.
 *
 * A tag is `<case>@<n>`, n counting from 1. One of a case is current: the version that the next burst is
 * compared with, so it is always one that stands, or stood, in the file.
 *
 *   burst   establishes the present code and makes it current, the first time and when it got better
 *   run     without a current one establishes the subject and makes it current; establishes what it proved
 *           better, too, which becomes current only when the change is applied
 *   promote makes another one current, or marks it as released
 *
 * What lost against the last release does not become current by itself (`baseline-promotion.ts`).
 */
import type { SandboxProgram } from "../../kernels/sandbox/index.ts";
import { programDigest } from "../../kernels/syntax/index.ts";
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import { tagFor } from "./baseline-tag.ts";
import { measuredBy } from "./measured-by.ts";
import { againstRelease } from "./baseline-promotion.ts";
import type { NewBaselineRow } from "./evidence-store.ts";
import { isSuccess } from "../workflow/document.ts";
import type { KeptComparison } from "../workflow/session-document.ts";
import { comparedVersions, verdictOf } from "../workflow/session-state.ts";
import type { SessionState } from "../workflow/session-state.ts";
import { refName } from "../workflow/task.ts";
import type { Version } from "./fork-plan.ts";
import { summaryOf } from "./statistician.ts";

export interface StoredBaseline {
  readonly tag: string;
  readonly program: SandboxProgram;
}

/** Where the program of a version lies among its session's artifacts. */
export const programArtifact = (version: string): string => `${version}-program.json`;

/** The tag alone. @param tag null: the case's current one. @throws BASELINE_UNKNOWN, BASELINE_INCOMPARABLE */
export async function baselineTag(
  caseId: string,
  tag: string | null,
  services: Pick<Services, "state">,
): Promise<string | null> {
  return (await rowOf(caseId, tag, services))?.tag ?? null;
}

/** @param tag null: the case's current one. @throws BASELINE_UNKNOWN, BASELINE_INCOMPARABLE */
export async function storedBaseline(
  caseId: string,
  tag: string | null,
  services: Pick<Services, "state">,
): Promise<StoredBaseline | null> {
  const row = await rowOf(caseId, tag, services);
  return row === null ? null : { tag: row.tag, program: await programOf(row, services.state) };
}

async function rowOf(
  caseId: string,
  tag: string | null,
  { state: { analytics } }: Pick<Services, "state">,
): Promise<BaselineRow | null> {
  const [row] = await rowsNamed(caseId, tag, analytics);
  if (row !== undefined && row.caseId !== caseId) throw incomparable(row, `is of case "${row.caseId}"`);
  return row ?? null;
}

/** @param tag also a role in the case, which no tag is like: those have an `@` */
async function rowsNamed(
  caseId: string,
  tag: string | null,
  analytics: Analytics,
): Promise<readonly BaselineRow[]> {
  if (tag === null || tag === "current") return await analytics.currentBaseline(caseId);
  if (tag !== "release") return await analytics.requireBaseline(tag);
  const released = await analytics.releaseBaseline(caseId);
  if (released.length > 0) return released;
  throw actorError("BASELINE_CASE_UNKNOWN", `no baseline of "${caseId}" is marked as released`, {
    location: caseId,
  });
}

async function programOf(row: BaselineRow, state: Services["state"]): Promise<SandboxProgram> {
  if (row.tool !== null) throw incomparable(row, `was measured by ${row.tool}, which gave figures alone`);
  const bytes = await readProgram(row, state);
  const program = parsedProgram(bytes);
  if (program !== null && programDigest(program.code, program.entry) === row.programDigest) {
    return { code: program.code, entry: program.entry, digest: row.programDigest };
  }
  throw incomparable(row, "is not the one that was measured");
}

async function readProgram(row: BaselineRow, state: Services["state"]): Promise<Uint8Array> {
  try {
    return await state.readArtifact(row.samplesSession, programArtifact(row.samplesVersion));
  } catch (cause) {
    throw incomparable(row, "is gone", cause);
  }
}

function parsedProgram(bytes: Uint8Array): SandboxProgram | null {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as SandboxProgram;
  } catch {
    return null;
  }
}

function incomparable({ tag }: BaselineRow, what: string, cause?: unknown): Error {
  return actorError("BASELINE_INCOMPARABLE", `the program of baseline "${tag}" ${what}`, {
    location: tag,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The baseline keeper: establishes what was measured and is worth a later comparison. */
export const baselineKeeper: Agent<"baseline"> = phaseAgent(
  "baseline-keeper",
  "baseline",
  async ({ session }, services) => {
    const from = session.outputs.prepare!.currentBaseline;
    const establishing = (version: Version): Promise<string> => establish(session, version, services);
    const release = await releaseComparison(session, services);
    const standing = release === null ? {} : { release };
    if (session.start!.command === "run") {
      const to = from === null ? await establishing("baseline") : null;
      if (to !== null) await services.evidence.promote(to);
      return {
        from,
        to,
        candidate: isSuccess(session) ? await establishing("candidate") : null,
        ...standing,
      };
    }
    const kept = isWorthKeeping(session) ? await establishing("candidate") : null;
    const isNext = release?.verdict !== "regressed" && (await canFollowCurrent(session, services));
    if (kept === null || !isNext) return { from, to: null, candidate: kept, ...standing };
    await services.evidence.promote(kept);
    return { from, to: kept, candidate: null, ...standing };
  },
);

/**
 * What is better than some other version need not be better than the current one; nor what is better at another level,
 * where other things are measured.
 */
async function canFollowCurrent(
  { start, outputs, forks }: SessionState,
  { state }: Services,
): Promise<boolean> {
  const [current] = await state.analytics.currentBaseline(start!.task.id);
  if (current === undefined) return true;
  const { level } = await measuredBy(current, state.analytics);
  if (level !== null && level !== forks[0]?.isolation.engine) return false;
  return start!.task.baseline === null || current.tag === outputs.prepare!.currentBaseline;
}

/** What the burst ran beside it needs no second look; the others are held to the last release, too. */
async function releaseComparison(
  session: SessionState,
  { state, clock }: Services,
): Promise<KeptComparison | null> {
  const { session: tag, command } = session.start!;
  const { baseline, candidate } = comparedVersions(session);
  if (candidate === undefined) return null;
  const version = rowsOf(session, "candidate", candidate.program.digest, clock.now());
  const compared = await againstRelease(version.map((row) => ({ ...row, tag })), state.analytics); // prettier-ignore
  return command === "burst" && compared?.before === baseline?.label ? null : compared;
}

async function establish(session: SessionState, version: Version, services: Services): Promise<string> {
  const { session: id, task } = session.start!;
  const tag = await nextTag(task.id, id, version, services);
  const { program } = comparedVersions(session)[version]!;
  await services.state.writeArtifact(id, programArtifact(version), Buffer.from(JSON.stringify(program)));
  await services.evidence.establish(tag, rowsOf(session, version, program.digest, services.clock.now()));
  return tag;
}

/** Of `burst`: the first, or code that is better than what is stored and not the same. */
function isWorthKeeping(session: SessionState): boolean {
  const verdict = verdictOf(session);
  const { baseline, candidate } = comparedVersions(session);
  if (verdict === "no_baseline") return true;
  return verdict === "improved" && baseline?.program.digest !== candidate?.program.digest;
}

/** A resumed session finds the tag it may have established before it was stopped. */
async function nextTag(
  caseId: string,
  session: string,
  version: Version,
  { state }: Services,
): Promise<string> {
  return tagFor(caseId, await state.analytics.baselines({ caseId }), session, version);
}

function rowsOf(
  session: SessionState,
  version: Version,
  digest: string,
  now: number,
): readonly NewBaselineRow[] {
  const { session: id, task, environment } = session.start!;
  return task.metrics.map((metric) => {
    const { n, mean, stdDev, ci99 } = summaryOf(session, version, metric.name);
    return {
      caseId: task.id,
      subject: refName(task.subject),
      metric: metric.name,
      unit: metric.unit,
      direction: metric.direction,
      tolerance: metric.tolerance,
      mean,
      stdDev,
      n,
      ciLow: ci99.mean[0],
      ciHigh: ci99.mean[1],
      samplesSession: id,
      samplesVersion: version,
      environment,
      programDigest: digest,
      createdAt: now,
      note: null,
      tool: null,
    };
  });
}
