import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyBenchDocument } from "../../../actors/bench/bench-document.ts";
import { BENCH_STREAMS, BenchJournal } from "../../../actors/bench/bench-journal.ts";
import type { BenchEvent } from "../../../actors/bench/bench-journal.ts";
import { pruneJournal } from "../../../actors/evidence/journal-retention.ts";
import { documentOf } from "../../../actors/workflow/document.ts";
import { replaySession, sessionStream } from "../../../actors/workflow/replay.ts";
import { makeSessionId } from "../../../actors/workflow/session-id.ts";
import type { KeptFork, SessionEvent } from "../../../actors/workflow/session-state.ts";
import { NO_STREAM, seededRandom } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { openStateDirectory } from "../../../storage/index.ts";
import type { StateDirectory } from "../../../storage/index.ts";
import { inFolder } from "../../kit/analytics.ts";
import { baselineRowOf, conditionsOf, ENVIRONMENT, forkOf, outputsOf, startOf } from "../../kit/session.ts";

const DAY_MS = 86_400_000;
const BEGAN = 1_800_000_000_000;
const ITERATIONS = 400;

/** Of two versions, twenty each, whose times drift. */
const FORKS = (["baseline", "candidate"] as const).flatMap((version) =>
  Array.from({ length: 20 }, (_, fork) =>
    forkOf(version, fork, {
      wallNs: Float64Array.from({ length: ITERATIONS }, (_, at) => 1_000 + 10 * fork + at),
      ticks: Float64Array.from({ length: ITERATIONS }, () => 40),
      conditions: conditionsOf(),
    }),
  ),
);

/** A burst; its document tells how its times drift. */
function eventsOf(session: string, verdict: "improved" | null): readonly SessionEvent[] {
  const outputs = outputsOf({});
  const finished = (phase: "prepare" | "equivalence" | "burst" | "compare"): SessionEvent => {
    return { kind: "phase_finished", phase, durationMs: 5, output: outputs[phase] };
  };
  return [
    { kind: "session_started", start: { ...startOf("compare"), session } },
    finished("prepare"),
    finished("equivalence"),
    ...FORKS.map((fork): SessionEvent => ({ kind: "fork_finished", fork })),
    finished("burst"),
    finished("compare"),
    ...(verdict === null ? [] : [{ kind: "session_ended", verdict } as const]),
  ];
}

const TASK = "a.bench.ts#sums/one";

/** A run of one task, up to its end. */
const BENCH_FORKS = FORKS.map((fork): BenchEvent => ({ kind: "fork_finished", id: TASK, fork }));

function endOf(run: string): BenchEvent {
  const document = { ...emptyBenchDocument(ENVIRONMENT), session: run, report: "report.html" };
  return { kind: "run_ended", document };
}

interface Setting {
  readonly state: StateDirectory;
  /** Begins, and ends unless `verdict` is null, so many days after the first; its id. */
  readonly session: (day: number, verdict?: "improved" | null) => Promise<string>;
  /** The same of a run of bench files that stores its task under `kept`. */
  readonly run: (day: number, kept: string | null, hasEnded?: boolean) => Promise<string>;
  /** Iterations whose times are in the journal. */
  readonly left: (session: string) => Promise<number>;
  readonly leftOfRun: (run: string) => Promise<number>;
}

function withState(test: (setting: Setting) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const clock = new VirtualClock(BEGAN);
    const state = await openStateDirectory(folder, { clock });
    const random = seededRandom(1);
    const idAt = async (day: number): Promise<string> => {
      await clock.advance(at(day) - clock.now());
      return makeSessionId(clock, random);
    };
    try {
      await test({
        state,
        async session(day, verdict = "improved") {
          const id = await idAt(day);
          await state.journal.append(sessionStream(id), NO_STREAM, eventsOf(id, verdict));
          return id;
        },
        async left(session) {
          const { forks } = await replaySession(state.journal, session);
          return timesIn(forks);
        },
        async run(day, kept, hasEnded = true) {
          const id = await idAt(day);
          const keeping: BenchEvent = { kind: "keeping", sessions: kept === null ? {} : { [TASK]: kept } };
          const events = [...BENCH_FORKS, keeping, ...(hasEnded ? [endOf(id)] : [])];
          await state.journal.append(runStream(id), NO_STREAM, events);
          return id;
        },
        leftOfRun: async (run) => timesIn((await BenchJournal.open(state.journal, run)).forks(TASK)),
      });
    } finally {
      await state.close();
    }
  });
}

const ALL = 2 * 20 * ITERATIONS;
const at = (day: number): number => BEGAN + day * DAY_MS;
const runStream = (run: string): string => `${BENCH_STREAMS}${run}`;
const timesIn = (forks: readonly KeptFork[]): number =>
  forks.reduce((sum, { wallNs }) => sum + wallNs.length, 0);

describe("old samples in the journal", () => {
  it("go from sessions that ended before that time, and what their documents say stays to the last figure", () =>
    withState(async ({ state, session, left }) => {
      const [old, young] = [await session(1), await session(50)];
      const document = documentOf(await replaySession(state.journal, old));
      const tried = await pruneJournal(at(40), true, state);
      assert.deepEqual([tried.sessions, tried.forks, tried.samples], [1, 40, 2 * ALL]);
      assert.equal(tried.bytesAfter, tried.bytesBefore);
      assert.deepEqual([await left(old), await left(young)], [ALL, ALL]);

      const pruned = await pruneJournal(at(40), false, state);
      assert.deepEqual([pruned.sessions, pruned.forks, pruned.samples], [1, 40, 2 * ALL]);
      assert.ok(pruned.bytesBefore - pruned.bytesAfter > 2 * ALL * 7);
      assert.deepEqual([await left(old), await left(young)], [0, ALL]);
      assert.deepEqual(documentOf(await replaySession(state.journal, old)), document);
      assert.equal((await pruneJournal(at(40), false, state)).samples, 0);
    }));

  it("stay with a session that has not ended, however old, until it has", () =>
    withState(async ({ state, session, left }) => {
      const stopped = await session(1, null);
      assert.equal((await pruneJournal(at(400), false, state)).sessions, 0);
      assert.equal(await left(stopped), ALL);
      await session(300);
      const stream = sessionStream(stopped);
      const end: SessionEvent = { kind: "session_ended", verdict: "improved" };
      await state.journal.append(stream, await state.journal.revision(stream), [end]);
      await pruneJournal(at(200), false, state);
      assert.equal(await left(stopped), ALL, "it ended after that");
      await pruneJournal(at(301), false, state);
      assert.equal(await left(stopped), 0);
    }));

  it("stay with the sessions of current and released baselines, as long as these are", () =>
    withState(async ({ state, session, left }) => {
      const { analytics } = state;
      const sessions = [await session(1), await session(2), await session(3)];
      for (const [version, samplesSession] of sessions.entries()) {
        await analytics.establishBaseline(`dedupe@${version + 1}`, [baselineRowOf({ samplesSession })]);
      }
      await analytics.promote("dedupe@1", "release");
      await analytics.promote("dedupe@2");
      await pruneJournal(at(40), false, state);
      assert.deepEqual(await Promise.all(sessions.map(left)), [ALL, ALL, 0]);
      await analytics.promote("dedupe@3");
      await pruneJournal(at(40), false, state);
      assert.deepEqual(await Promise.all(sessions.map(left)), [ALL, 0, 0]);
    }));

  it("go from runs of bench files that ended before that time, whose documents stay", () =>
    withState(async ({ state, run, leftOfRun }) => {
      const [old, young] = [await run(1, null), await run(50, null)];
      const { document } = await BenchJournal.open(state.journal, old);
      assert.equal((await pruneJournal(at(40), true, state)).samples, 2 * ALL);
      assert.equal(await leftOfRun(old), ALL);
      const pruned = await pruneJournal(at(40), false, state);
      assert.deepEqual([pruned.sessions, pruned.forks, pruned.samples], [1, 40, 2 * ALL]);
      assert.ok(pruned.bytesBefore - pruned.bytesAfter > 2 * ALL * 7);
      assert.deepEqual([await leftOfRun(old), await leftOfRun(young)], [0, ALL]);
      const thinned = await BenchJournal.open(state.journal, old);
      assert.deepEqual(thinned.document, document);
      assert.deepEqual(thinned.forks(TASK)[0]!.thinned?.iterations, ITERATIONS);
      assert.equal((await pruneJournal(at(40), false, state)).samples, 0);
    }));

  it("stay with a run of bench files that has not ended, however old, until it has", () =>
    withState(async ({ state, session, run, leftOfRun }) => {
      const stopped = await run(1, null, false);
      assert.equal((await pruneJournal(at(400), false, state)).sessions, 0);
      await session(300);
      await state.journal.append(runStream(stopped), await state.journal.revision(runStream(stopped)), [
        endOf(stopped),
      ]);
      await pruneJournal(at(200), false, state);
      assert.equal(await leftOfRun(stopped), ALL, "it ended after that");
      await pruneJournal(at(301), false, state);
      assert.equal(await leftOfRun(stopped), 0);
    }));

  it("stay with runs of bench files whose tasks are current or released baselines, as long as these are", () =>
    withState(async ({ state, run, leftOfRun }) => {
      const { analytics } = state;
      const runs = [await run(1, "stored 1"), await run(2, "stored 2"), await run(3, "stored 3")];
      for (const version of [1, 2, 3]) {
        const row = baselineRowOf({ caseId: TASK, samplesSession: `stored ${version}` });
        await analytics.establishBaseline(`${TASK}@${version}`, [row]);
      }
      await analytics.promote(`${TASK}@1`, "release");
      await analytics.promote(`${TASK}@2`);
      await pruneJournal(at(40), false, state);
      assert.deepEqual(await Promise.all(runs.map(leftOfRun)), [ALL, ALL, 0]);
      await analytics.promote(`${TASK}@3`);
      await pruneJournal(at(40), false, state);
      assert.deepEqual(await Promise.all(runs.map(leftOfRun)), [ALL, 0, 0]);
    }));
});
