import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forksNeeded } from "../../../kernels/statistics/index.ts";
import { runsThatSettle, variationOf } from "../../../actors/evidence/report-forks-needed.ts";
import type { ComparisonRow } from "../../../actors/workflow/session-document.ts";
import { openRow } from "./report-session.ts";

const alone = (row: ComparisonRow): ReturnType<typeof runsThatSettle> => runsThatSettle(row, [row]);

describe("the runs that settle a comparison", () => {
  it("are the forks that the power analysis asks for, in tens, and 500 runs each", () => {
    const row = openRow({ change: 0.03, variation: 0.06 });
    const question = {
      family: "regressed",
      direction: "lower",
      relDelta: 0.03,
      cv: 0.06,
      tolerance: 0.02,
    } as const;
    const forks = Math.ceil(forksNeeded(question, 0.9)! / 10) * 10;
    assert.deepEqual(alone(row), { forks, runs: forks * 500 });
    const command = { ...row, engine: "process", iterationsPerFork: 10 };
    assert.deepEqual(alone(command), { forks, runs: forks * 10 }, "blocks of commands are shorter");
  });

  it("ask what the change looks like: regressed beyond the tolerance, non-inferior within", () => {
    const within = openRow({ change: 0.01, variation: 0.06 });
    const question = {
      family: "nonInferior",
      direction: "lower",
      relDelta: 0.01,
      cv: 0.06,
      tolerance: 0.02,
    } as const;
    assert.equal(alone(within)!.forks, Math.ceil(forksNeeded(question, 0.9)! / 10) * 10);
  });

  it("turn with the direction that is better", () => {
    const lower = alone(openRow({ change: 0.08, variation: 0.06 }))!;
    const higher = alone({ ...openRow({ change: -0.08, variation: 0.06 }), direction: "higher" })!;
    assert.ok(Math.abs(lower.forks - higher.forks) <= 10, `${lower.forks} and ${higher.forks}`);
  });

  it("are always more than there were, and none where a thousand forks would not do", () => {
    assert.deepEqual(alone(openRow({ change: -0.5, variation: 0.06 })), { forks: 30, runs: 15_000 });
    assert.equal(alone(openRow({ change: 0.0201, variation: 0.06 })), null);
    assert.equal(alone({ ...openRow({ change: 0.03, variation: 0.06 }), relDelta: null }), null);
    assert.equal(alone(openRow({ change: 0.02, variation: 0 })), null);
  });

  it("count on what longer forks are worth: much where iterations vary, nothing where processes do", () => {
    const short = { ...openRow({ change: 0.04, variation: 0.06 }), iterationsPerFork: 10 };
    const iterationsVary = { ...short, intraForkCorrelation: 0 };
    const processesVary = { ...short, intraForkCorrelation: 1 };
    assert.ok(Math.abs(variationOf(iterationsVary) - 0.06 / Math.sqrt(50)) < 1e-12);
    assert.ok(Math.abs(variationOf(processesVary) - 0.06) < 1e-12);
    assert.deepEqual(alone(iterationsVary), { forks: 20, runs: 10_000 });
    assert.equal(alone(processesVary)!.forks, alone({ ...short, iterationsPerFork: 500 })!.forks);
  });

  it("are more where the level is shared, and not where the others are settled", () => {
    const row = openRow({ change: 0.04, variation: 0.06 });
    const q = { regressed: 0.5, nonInferior: 0.5, improved: 0.5 };
    const open = { ...row, metric: "other", q };
    const settled = { ...open, q: { ...q, regressed: 0.001 } };
    assert.ok(runsThatSettle(row, [row, open])!.forks > alone(row)!.forks);
    assert.deepEqual(runsThatSettle(row, [row, settled]), alone(row));
  });
});
