/**
 * Old samples in the journal. A session that has ended is never measured again; what its document says of its forks is
 * taken down with each (`ThinnedFork`), and the samples themselves go. Everything else of it stays: its phases,
 * verdict, programs and inputs, so that it can be told and its change applied as before.
 *
 * Never touched are sessions that have not ended, and those of which a current or released baseline is.
 */
import { decodeTime } from "ulid";
import type { Journal } from "../../runtime/contracts/index.ts";
import type { Analytics, OwnedJournal } from "../../storage/index.ts";
import { SESSION_STREAMS, sessionOf } from "../workflow/replay.ts";
import type { PrunedJournal } from "../workflow/session-document.ts";
import { parseSessionId } from "../workflow/session-id.ts";
import type { KeptFork, SessionEvent } from "../workflow/session-state.ts";
import { driftOf, iterationsOf } from "./fork-conditions.ts";

export async function pruneJournal(
  before: number,
  dryRun: boolean,
  { journal, analytics }: { readonly journal: OwnedJournal; readonly analytics: Analytics },
): Promise<PrunedJournal> {
  const inForce = await sessionsInForce(analytics);
  const old: OldSession[] = [];
  for (const stream of await journal.streams(SESSION_STREAMS)) {
    if (inForce.has(sessionOf(stream)) || begunAfter(stream, before)) continue;
    const session = await oldSession(stream, before, journal);
    if (session !== null) old.push(session);
  }
  const sum = (figure: "forks" | "samples"): number => old.reduce((all, one) => all + one[figure], 0);
  const streams = new Set(dryRun ? [] : old.map(({ stream }) => stream));
  const { bytesBefore, bytesAfter } = await journal.thin({ streams, thin: thinned });
  return { sessions: old.length, forks: sum("forks"), samples: sum("samples"), bytesBefore, bytesAfter };
}

interface OldSession {
  readonly stream: string;
  readonly forks: number;
  readonly samples: number;
}

/** Null: it has not ended before that time, or holds no samples any more. */
async function oldSession(stream: string, before: number, journal: Journal): Promise<OldSession | null> {
  let hasEnded = false;
  let [forks, samples] = [0, 0];
  for await (const { event, recordedAt } of journal.read(stream)) {
    const said = event as SessionEvent;
    if (said.kind === "session_ended") hasEnded = recordedAt < before;
    if (said.kind !== "fork_finished" || said.fork.thinned !== undefined) continue;
    forks += 1;
    samples += said.fork.wallNs.length + (said.fork.ticks?.length ?? 0);
  }
  return hasEnded && forks > 0 ? { stream, forks, samples } : null;
}

/** By its id, so that the samples of young sessions need not be read to be left alone. */
function begunAfter(stream: string, before: number): boolean {
  const id = parseSessionId(sessionOf(stream));
  return id !== null && decodeTime(id) >= before;
}

function thinned(event: unknown): unknown {
  const said = event as SessionEvent;
  return said.kind === "fork_finished" && said.fork.thinned === undefined
    ? { ...said, fork: thinnedFork(said.fork) }
    : event;
}

function thinnedFork(kept: KeptFork): KeptFork {
  const fork = { ...kept };
  delete fork.ticks;
  const told = { iterations: iterationsOf(fork), drift: driftOf(fork) };
  return { ...fork, wallNs: new Float64Array(), thinned: told };
}

async function sessionsInForce(analytics: Analytics): Promise<ReadonlySet<string>> {
  const cases = new Set((await analytics.baselines()).map(({ caseId }) => caseId));
  const rows = await Promise.all(
    [...cases].flatMap((caseId) => [analytics.currentBaseline(caseId), analytics.releaseBaseline(caseId)]),
  );
  return new Set(rows.flat().map(({ samplesSession }) => samplesSession));
}
