/**
 * Baselines: versioned, immutable, and never only figures. With each goes the program that was measured, so
 * that a later comparison runs it again, interleaved with the present code: figures of another day or machine
 * are not compared with.
 *
 * A tag is `<case>@<n>`, n counting from 1. A session that passes establishes one of its winning version and
 * makes it current; `promote` sets another one.
 */
import type { SandboxProgram } from "../../kernels/sandbox/index.ts";
import { forkMeans, summarise } from "../../kernels/statistics/index.ts";
import type { BaselineRow } from "../../storage/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import type { NewBaselineRow } from "./evidence-store.ts";
import { comparedVersions, verdictOf } from "../workflow/session-state.ts";
import type { PhaseOutputs, SessionState } from "../workflow/session-state.ts";
import { samplesOf } from "./statistician.ts";

export interface StoredBaseline {
  readonly tag: string;
  readonly program: SandboxProgram;
}

const PROGRAM_ARTIFACT = "candidate-program.json";

/** @param tag null: the case's current one. @throws BASELINE_UNKNOWN, BASELINE_INCOMPARABLE */
export async function storedBaseline(
  caseId: string,
  tag: string | null,
  { state }: Pick<Services, "state">,
): Promise<StoredBaseline | null> {
  const { analytics } = state;
  const [row] = tag === null ? await analytics.currentBaseline(caseId) : await analytics.requireBaseline(tag);
  return row === undefined ? null : { tag: row.tag, program: await programOf(row, state) };
}

async function programOf(row: BaselineRow, state: Services["state"]): Promise<SandboxProgram> {
  try {
    const bytes = await state.readArtifact(row.samplesSession, PROGRAM_ARTIFACT);
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as SandboxProgram;
  } catch (cause) {
    throw actorError("BASELINE_INCOMPARABLE", `the program of baseline "${row.tag}" is gone`, {
      cause,
      location: row.tag,
    });
  }
}

/** The baseline keeper: establishes the measured version as the case's baseline when the session passed. */
export const baselineKeeper: Agent<"baseline"> = phaseAgent(
  "baseline-keeper",
  "baseline",
  async ({ session }, services) => {
    const from = session.outputs.prepare!.currentBaseline;
    if (!isWorthKeeping(session)) return { from, to: null };
    const { session: id, task } = session.start!;
    const tag = await nextTag(task.id, id, services);
    const { program } = comparedVersions(session).candidate!;
    await services.state.writeArtifact(id, PROGRAM_ARTIFACT, Buffer.from(JSON.stringify(program)));
    await services.evidence.establish(tag, rowsOf(session, program.digest, services.clock.now()));
    await services.evidence.promote(tag);
    return { from, to: tag } satisfies PhaseOutputs["baseline"];
  },
);

/** `run`: an improvement. `burst`: the first, or code that is better than what is stored and not the same. */
function isWorthKeeping(session: SessionState): boolean {
  const verdict = verdictOf(session);
  if (session.start!.command === "run") return verdict === "improved";
  const { baseline, candidate } = comparedVersions(session);
  if (verdict === "no_baseline") return true;
  return verdict === "improved" && baseline?.program.digest !== candidate?.program.digest;
}

/** A resumed session finds the tag it may have established before it was stopped. */
async function nextTag(caseId: string, session: string, { state }: Services): Promise<string> {
  const known = await state.analytics.baselines({ caseId });
  const own = known.find((row) => row.samplesSession === session);
  if (own !== undefined) return own.tag;
  return `${caseId}@${new Set(known.map((row) => row.tag)).size + 1}`;
}

function rowsOf(session: SessionState, programDigest: string, now: number): readonly NewBaselineRow[] {
  const { session: id, task, environment } = session.start!;
  return task.metrics.map((metric) => {
    const { n, mean, stdDev, ci99 } = summarise(forkMeans(samplesOf(session, "candidate", metric.name)));
    return {
      caseId: task.id,
      subject: `${task.subject.file}#${task.subject.exportName}`,
      metric: metric.name,
      unit: metric.unit,
      direction: metric.direction,
      mean,
      stdDev,
      n,
      ciLow: ci99.mean[0],
      ciHigh: ci99.mean[1],
      samplesSession: id,
      samplesVersion: "candidate",
      environment,
      programDigest,
      createdAt: now,
      note: null,
    };
  });
}
