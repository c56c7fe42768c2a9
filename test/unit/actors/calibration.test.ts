import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { calibrate, falseAlarmsOf } from "../../../actors/ci/calibration.ts";
import { runSuite } from "../../../actors/ci/ci-run.ts";
import { falseAlarmLine } from "../../../actors/ci/ci-words.ts";
import { readSuite } from "../../../actors/ci/suite.ts";
import { clopperPearsonUpper } from "../../../kernels/statistics/index.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import { documentWithError, SAME, scriptedHost, scriptedRow, SLOWER } from "../../kit/scripted-sessions.ts";
import { inRepository } from "../../kit/suite.ts";

const FILES = {
  "s.yaml":
    "against: HEAD\nruns: 400\ncases:\n  - { id: a, subject: a.ts#f }\n  - { id: b, subject: a.ts#f }\n",
  "a.ts": "export const f = (n: number): number => n;\n",
};

describe("a calibration", () => {
  it("measures every case against itself at screen size, and every later run shows what came of it", () =>
    inRepository(async ({ folder, commit }) => {
      commit(FILES);
      let looks = 0;
      const host = scriptedHost({
        journal: openMemoryJournal(),
        folder,
        script: ({ task }) => {
          assert.deepEqual(task.candidate, task.subject);
          assert.equal(task.runs, 40);
          looks += 1;
          return looks === 3 ? SLOWER : SAME;
        },
      });
      const suite = readSuite("s.yaml", folder);
      const { document, fault } = await calibrate(suite, host, 3);
      assert.equal(looks, 6);
      assert.equal(fault, null);
      const { rounds, flagged, atMost, fingerprint } = document.falseAlarms!;
      assert.deepEqual([rounds, flagged, fingerprint], [3, 1, host.environment.fingerprint]);
      assert.equal(atMost, clopperPearsonUpper({ events: 1, n: 3 }, 0.95));
      await calibrate(suite, host, 17);
      const run = await runSuite(suite, host);
      assert.deepEqual([run.document.falseAlarms?.rounds, run.document.falseAlarms?.flagged], [20, 1]);
      assert.match(
        falseAlarmLine(run.document.falseAlarms),
        /1 of 20 A\/A rounds flagged, at most 21\.6 % with 95 %/,
      );
    }));

  it("keeps finished rounds when it is stopped, runs out of budget, or a case cannot be measured", () =>
    inRepository(async ({ folder, commit }) => {
      commit(FILES);
      const stop = new AbortController();
      let mode: "stop" | "fail" | "well" = "stop";
      const host = scriptedHost({
        journal: openMemoryJournal(),
        folder,
        wallMs: () => 10_000,
        script: () => {
          if (host.log.length === 3 && mode === "stop") stop.abort();
          return mode === "fail" ? documentWithError("SUBJECT_NONDETERMINISTIC", "input 1") : SAME;
        },
      });
      const suite = readSuite("s.yaml", folder);
      const stopped = await calibrate(suite, host, 5, { signal: stop.signal });
      assert.equal(stopped.fault, "interrupted");
      assert.equal(stopped.document.error?.code, "INTERRUPTED");
      assert.equal(stopped.document.falseAlarms?.rounds, 1);
      mode = "fail";
      await assert.rejects(calibrate(suite, host, 5), {
        code: "SUITE_NOT_CALIBRATED",
        message: /^a: SUBJECT_NONDETERMINISTIC/,
      });
      mode = "well";
      const bounded = await calibrate(readSuite("s.yaml", folder, { budgetMinutes: 0.5 }), host, 5);
      assert.equal(bounded.document.falseAlarms?.rounds, 3);
    }));

  it("flags nothing that a session withheld for the machine's noise", () =>
    inRepository(async ({ folder, commit }) => {
      commit(FILES);
      const withheld = ({ caseId }: { readonly caseId: string }) =>
        ({ verdict: "inconclusive", withheld: "noise", comparisons: [scriptedRow(caseId, SLOWER)] }) as const;
      const host = scriptedHost({ journal: openMemoryJournal(), folder, script: withheld });
      const { document } = await calibrate(readSuite("s.yaml", folder), host, 2);
      assert.deepEqual([document.falseAlarms?.rounds, document.falseAlarms?.flagged], [2, 0]);
    }));

  it("does not count rounds of other cases or of another machine", () => {
    const round = { kind: "aa_round", key: "k", fingerprint: "f", at: 0, flagged: [] } as const;
    const rounds = [round, { ...round, key: "other" }, { ...round, fingerprint: "other", flagged: ["a"] }];
    assert.equal(falseAlarmsOf(rounds, "k", "f")?.rounds, 1);
    assert.equal(falseAlarmsOf(rounds, "k", "f")?.flagged, 0);
    assert.equal(falseAlarmsOf(rounds, "none", "f"), null);
    assert.match(falseAlarmLine(null), /not measured/);
  });
});
