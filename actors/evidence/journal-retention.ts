/**
 * Old samples in the journal, of sessions and of runs of bench files. One that has ended is never measured again; what
 * its document says of its forks is taken down with each (`ThinnedFork`), and the samples themselves go. Everything
 * else of it stays: its phases, verdict, programs and inputs, so that it can be told and its change applied as before.
 *
 * Never touched are those that have not ended, and those of which a current or released baseline is: a run of bench
 * files stores each of its baselines under an id of that one's own, which its `keeping` tells.
 */
import { decodeTime } from "ulid";
import type { Journal } from "../../runtime/contracts/index.ts";
import type { Analytics, OwnedJournal } from "../../storage/index.ts";
import { BENCH_STREAMS } from "../bench/bench-journal.ts";
import type { BenchEvent } from "../bench/bench-journal.ts";
import { SESSION_STREAMS } from "../workflow/replay.ts";
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
  for (const prefix of [SESSION_STREAMS, BENCH_STREAMS]) {
    for (const stream of await journal.streams(prefix)) {
      const id = stream.slice(prefix.length);
      if (inForce.has(id) || begunAfter(id, before)) continue;
      const session = await oldSession(stream, before, inForce, journal);
      if (session !== null) old.push(session);
    }
  }
  const sum = (figure: "forks" | "samples"): number => old.reduce((all, one) => all + one[figure], 0);
  const streams = new Set(dryRun ? [] : old.map(({ stream }) => stream));
  const { bytesBefore, bytesAfter } = await journal.thin({ streams, thin: thinned });
  return { sessions: old.length, forks: sum("forks"), samples: sum("samples"), bytesBefore, bytesAfter };
}

type MeasuredEvent = SessionEvent | BenchEvent;

interface OldSession {
  readonly stream: string;
  readonly forks: number;
  readonly samples: number;
}

/** Null: it has not ended before that time, has stored a baseline in force, or holds no samples any more. */
async function oldSession(
  stream: string,
  before: number,
  inForce: ReadonlySet<string>,
  journal: Journal,
): Promise<OldSession | null> {
  let hasEnded = false;
  let [forks, samples] = [0, 0];
  for await (const { event, recordedAt } of journal.read(stream)) {
    const said = event as MeasuredEvent;
    if (said.kind === "session_ended" || said.kind === "run_ended") hasEnded = recordedAt < before;
    if (said.kind === "keeping" && Object.values(said.sessions).some((id) => inForce.has(id))) return null;
    if (said.kind !== "fork_finished" || said.fork.thinned !== undefined) continue;
    forks += 1;
    samples += said.fork.wallNs.length + (said.fork.ticks?.length ?? 0);
  }
  return hasEnded && forks > 0 ? { stream, forks, samples } : null;
}

/** By its id, so that the samples of young sessions need not be read to be left alone. */
function begunAfter(session: string, before: number): boolean {
  const id = parseSessionId(session);
  return id !== null && decodeTime(id) >= before;
}

function thinned(event: unknown): unknown {
  const said = event as MeasuredEvent;
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
