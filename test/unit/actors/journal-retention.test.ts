import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pruneJournal } from "../../../actors/evidence/journal-retention.ts";
import { documentOf } from "../../../actors/workflow/document.ts";
import { replaySession, sessionStream } from "../../../actors/workflow/replay.ts";
import { makeSessionId } from "../../../actors/workflow/session-id.ts";
import type { SessionEvent } from "../../../actors/workflow/session-state.ts";
import { NO_STREAM, seededRandom } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { openStateDirectory } from "../../../storage/index.ts";
import type { StateDirectory } from "../../../storage/index.ts";
import { inFolder } from "../../kit/analytics.ts";
import { baselineRowOf, conditionsOf, forkOf, outputsOf, startOf } from "../../kit/session.ts";

const DAY_MS = 86_400_000;
const BEGAN = 1_800_000_000_000;
const ITERATIONS = 400;

/** A burst of two versions in twenty forks, whose times drift; its document tells of that. */
function eventsOf(session: string, verdict: "improved" | null): readonly SessionEvent[] {
  const outputs = outputsOf({});
  const forks = (["baseline", "candidate"] as const).flatMap((version) =>
    Array.from({ length: 20 }, (_, fork) =>
      forkOf(version, fork, {
        wallNs: Float64Array.from({ length: ITERATIONS }, (_, at) => 1_000 + 10 * fork + at),
        ticks: Float64Array.from({ length: ITERATIONS }, () => 40),
        conditions: conditionsOf(),
      }),
    ),
  );
  const finished = (phase: "prepare" | "equivalence" | "burst" | "compare"): SessionEvent => {
    return { kind: "phase_finished", phase, durationMs: 5, output: outputs[phase] };
  };
  return [
    { kind: "session_started", start: { ...startOf("compare"), session } },
    finished("prepare"),
    finished("equivalence"),
    ...forks.map((fork): SessionEvent => ({ kind: "fork_finished", fork })),
    finished("burst"),
    finished("compare"),
    ...(verdict === null ? [] : [{ kind: "session_ended", verdict } as const]),
  ];
}

interface Setting {
  readonly state: StateDirectory;
  /** Begins, and ends unless `verdict` is null, so many days after the first; its id. */
  readonly session: (day: number, verdict?: "improved" | null) => Promise<string>;
  /** Iterations whose times are in the journal. */
  readonly left: (session: string) => Promise<number>;
}

function withState(test: (setting: Setting) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const clock = new VirtualClock(BEGAN);
    const state = await openStateDirectory(folder, { clock });
    const random = seededRandom(1);
    try {
      await test({
        state,
        async session(day, verdict = "improved") {
          await clock.advance(BEGAN + day * DAY_MS - clock.now());
          const id = makeSessionId(clock, random);
          await state.journal.append(sessionStream(id), NO_STREAM, eventsOf(id, verdict));
          return id;
        },
        async left(session) {
          const { forks } = await replaySession(state.journal, session);
          return forks.reduce((sum, { wallNs }) => sum + wallNs.length, 0);
        },
      });
    } finally {
      await state.close();
    }
  });
}

const ALL = 2 * 20 * ITERATIONS;
const at = (day: number): number => BEGAN + day * DAY_MS;

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
});
