import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BenchRow } from "../../../../bench/bench-row.ts";
import type { Measured } from "../../../../bench/myriad/measuring.ts";
import { BEST_JS, REQUIRED, type Bound, type Plan } from "../../../../bench/runtime/plan.ts";
import { rowsOf } from "../../../../bench/runtime/rows.ts";
import { contender, PLAN } from "./scripted.ts";

const weighing = (figure: number): Measured => ({ done: 1, seconds: 0, check: 1, figure });

const MYRIAD = contender("myriad");
const LIGHT = contender("light", { library: true });
const HEAVY = contender("heavy", { library: true });
const ERLANG = contender("erlang", { needs: "erlang" });

function rowFor(bound: Bound | null, given: readonly number[] = [3, 1, 2]): BenchRow {
  const plan: Plan = { ...PLAN, rows: [{ name: "memory", unit: "bytes", measure: "figure", bound }] };
  const rounds = new Map([
    [MYRIAD, given.map(weighing)],
    [LIGHT, [weighing(5), weighing(5)]],
    [HEAVY, [weighing(50), weighing(50)]],
  ]);
  return rowsOf(plan, rounds, [MYRIAD, LIGHT, HEAVY, ERLANG], { erlang: "no erlc" })[0]!;
}

describe("rows of the runtime's question", () => {
  it("hold medians", () => {
    assert.equal(rowFor(null).value, 2);
    assert.deepEqual(rowFor(null).peers, { light: 5, heavy: 50 });
  });

  it("take the least as best where less is better", () => {
    const row = rowFor({ than: BEST_JS, atMost: 0.5 });
    assert.equal(row.peers[BEST_JS], 5);
    assert.equal(row.met, true);
    assert.equal(rowFor({ than: BEST_JS, atMost: 0.39 }).met, false);
  });

  it("hold a required figure as a peer", () => {
    const row = rowFor({ than: REQUIRED, required: 4, atMost: 1 });
    assert.equal(row.peers[REQUIRED], 4);
    assert.equal(row.ratios[REQUIRED], 0.5);
    assert.equal(row.met, true);
  });

  it("miss the target when the rival is missing, and say why", () => {
    const row = rowFor({ than: "erlang", atMost: 1 });
    assert.equal(row.met, false);
    assert.deepEqual(row.target, { than: "erlang", atMost: 1 });
    assert.equal(row.ratios["erlang"], undefined);
    assert.match(row.note!, /erlang is missing: no erlc/);
  });

  it("require nothing where there is no bound", () => {
    const row = rowFor(null);
    assert.equal(row.met, null);
    assert.equal(row.target, null);
  });

  it("do not exist without the subject's own figure", () => {
    const plan: Plan = { ...PLAN, rows: [{ name: "memory", unit: "bytes", measure: "figure", bound: null }] };
    const rounds = new Map([[MYRIAD, [{ done: 1, seconds: 1, check: 1 }]]]);
    assert.throws(() => rowsOf(plan, rounds, [MYRIAD], {}), { code: "BENCH_WORK_INVALID" });
  });
});
