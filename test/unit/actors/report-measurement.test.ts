import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { measurementOf } from "../../../actors/evidence/fork-conditions.ts";
import { earlyStopText, measurementLines } from "../../../actors/evidence/report-measurement.ts";
import { conditionsOf, forksOf, MACHINE } from "../../kit/session.ts";

describe("how it was measured", () => {
  it("is told in lines: what withheld the verdict, the machine, warm-up, clock and both versions", () => {
    const forks = forksOf("baseline", "candidate").map((fork) => ({ ...fork, conditions: conditionsOf() }));
    const burst = { runs: 40, failures: 0, infraErrors: 0, wallMs: 1, sandboxesPerSecond: 1, batch: 2 };
    const lines = measurementLines({
      burst: { ...burst, measurement: measurementOf(forks) },
      noise: { label: "unusable", coefficientOfVariation: 0.3, before: MACHINE, during: MACHINE },
      withheld: "noise",
    });
    assert.deepEqual(
      lines.map(([name]) => name),
      [
        "Verdict withheld",
        "Machine before the burst",
        "Machine between forks",
        "Warm-up",
        "Clock",
        "Baseline",
        "Candidate",
      ],
    );
    const text = Object.fromEntries(lines);
    assert.match(
      text["Machine between forks"]!,
      /^noisy: a fixed loop varies by 2\S* %, waits 10\S* % of its time, load/,
    );
    assert.match(text["Warm-up"]!, /^150 iterations a fork/);
    assert.match(text["Baseline"]!, /^steady after 50 iterations \(0 of 20 forks not in time\).*64 bytes/);
  });

  it("says how far a burst went that might have ended early, and why it ended", () => {
    const text = earlyStopText({ forks: 8, planned: 20, notCounted: 3, decided: "non_inferior" });
    assert.match(text, /^decided as non-inferior after 8 of 20 forks a version, 3 that ended beside/);
    const never = earlyStopText({ forks: 20, planned: 20, notCounted: 0, decided: null });
    assert.match(never, /^never decided in all 20 forks a version; .*always-valid/);
    const burst = { runs: 40, failures: 0, infraErrors: 0, wallMs: 1, sandboxesPerSecond: 1, batch: 2 };
    const earlyStop = { forks: 8, planned: 20, notCounted: 3, decided: "regressed" } as const;
    assert.deepEqual(measurementLines({ burst: { ...burst, earlyStop }, noise: null }), [
      ["Early stop", earlyStopText(earlyStop)],
    ]);
  });

  it("is nothing where nobody looked", () => {
    const noise = { label: "quiet", coefficientOfVariation: 0.01 } as const;
    assert.deepEqual(measurementLines({ burst: null, noise }), []);
  });
});
