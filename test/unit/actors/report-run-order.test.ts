import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runOrderChart, runOrderSentences } from "../../../actors/evidence/report-run-order.ts";
import { drawnVersions, type DrawnVersion } from "../../../actors/evidence/report-samples.ts";
import { renderHtml, renderMarkdown } from "../../../actors/evidence/report.ts";
import type { BurstSummary, VersionMeasurement } from "../../../actors/workflow/session-document.ts";
import { BURST, INPUT, session } from "./report-session.ts";

function drawn(fork: (iteration: number) => number, iterations = 500): readonly DrawnVersion[] {
  const forks = Array.from({ length: 20 }, (_, number) =>
    Float64Array.from({ length: iterations }, (_, at) => fork(at) * (1 + number / 1000)),
  );
  return drawnVersions([{ version: "candidate", label: "b", unit: "ns", forks }]);
}

function measured(change: Partial<VersionMeasurement>, runs = 10_000): BurstSummary {
  const { measurement } = BURST;
  return {
    ...BURST,
    runs,
    measurement: { ...measurement!, versions: [{ ...measurement!.versions[0]!, ...change }] },
  };
}

const sentence = (change: Partial<VersionMeasurement>, runs?: number): string =>
  runOrderSentences({ burst: measured(change, runs) }).join(" ");

describe("the iterations in run order", () => {
  it("show where a version was still warming up", () => {
    const chart = runOrderChart(
      drawn((at) => (at < 50 ? 300 : 100)),
      { burst: null },
    );
    assert.match(chart!.alt, /^candidate: 500 iterations a fork; their median begins at \+199\.7 %/);
    assert.match(chart!.alt, /ends at −0\.10 %/);
  });

  it("are a window's middle, so that one disturbed fork does not move them", () => {
    const [version] = drawn(() => 100);
    const disturbed = version!.iterations.map((fork, index) =>
      index === 3 ? fork.map((ns) => ns * 50) : fork,
    );
    const chart = runOrderChart([{ ...version!, iterations: disturbed }], { burst: null });
    assert.match(chart!.alt, /lies between \+0\.10 % and \+0\.10 %\.$/);
  });

  it("are not drawn of a metric with one figure a process, nor without a level to deviate from", () => {
    assert.equal(
      runOrderChart(
        drawn(() => 5, 1),
        { burst: null },
      ),
      null,
    );
    assert.equal(
      runOrderChart(
        drawn(() => 0),
        { burst: null },
      ),
      null,
    );
    assert.equal(runOrderChart([], { burst: null }), null);
  });

  it("survive iterations that failed", () => {
    const chart = runOrderChart(
      drawn((at) => (at > 100 ? Number.NaN : 100)),
      { burst: null },
    );
    assert.doesNotMatch(chart!.alt, /NaN/);
  });
});

describe("the sentence on a version's course", () => {
  it("says when it was steady, in how many forks in time, and how its halves differ", () => {
    assert.equal(
      sentence({ forks: 20, unsteadyForks: 1, steadyAfter: 50, drift: 0.0123 }),
      "The baseline was typically steady after 50 iterations, 19 of 20 forks before the 150 of the warm-up were over; the second half of its timed iterations took 1.2 % longer than the first.",
    );
    assert.match(sentence({ drift: -0.02 }), /took 2 % less time than the first\.$/);
    assert.match(sentence({ drift: 0.0001 }), /took as long as the first\.$/);
    assert.match(sentence({ steadyAfter: 0 }), /was typically steady from its first iteration on, 20 of 20/);
    assert.match(sentence({ steadyAfter: null }), /^The baseline was never steady;/);
  });

  it("does not speak of drift where too few iterations were timed to tell one", () => {
    assert.match(
      sentence({ forks: 20, drift: 0 }, 200),
      /whether it drifted cannot be told from fewer than 100/,
    );
  });

  it("says that no verdict was given for it", () => {
    const words = runOrderSentences({ burst: measured({ drift: 0.1 }), withheld: "unsteady" });
    assert.match(words.at(-1)!, /still changed while it was timed, and no verdict was given\.$/);
  });

  it("is none where nobody looked, and stands in both reports where somebody did", () => {
    assert.deepEqual(runOrderSentences({ burst: null }), []);
    const input = session({ burst: measured({ drift: 0.0123 }) });
    for (const text of [renderHtml(input), renderMarkdown(input)])
      assert.match(text, /its timed iterations took 1\.2 % longer than the first\./);
    assert.match(renderHtml(INPUT), /Iterations in run order/);
  });
});
