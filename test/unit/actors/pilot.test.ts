import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runPilot, stretchFor, warmUpFor } from "../../../actors/evidence/pilot.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type { ForkMeasurement } from "../../../kernels/sandbox/index.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import { inputsOf, measurementOf, programOf, SANDBOX_SEED } from "../../kit/session.ts";

function forkOf(typicalNs: number, warmAfter: number, overheadNs = 100): ForkMeasurement {
  return measurementOf({
    wallNs: Float64Array.from({ length: 500 }, (_, index) => (index < warmAfter ? 3 : 1) * typicalNs),
    conditions: {
      warmUpNs: new Float64Array(0),
      timer: { resolutionNs: 40, overheadNs },
      stretch: 1,
      cpuMs: 1,
      collections: null,
      allocatedBytes: null,
    },
  });
}

const MS = 1_000_000;

describe("the pilot", () => {
  it("gives both versions twice the warm-up of the one that takes longest, and never less than 150", () => {
    assert.equal(warmUpFor([forkOf(MS, 25), forkOf(MS, 50)]), 150);
    assert.equal(warmUpFor([forkOf(MS, 150), forkOf(MS, 25)]), 300);
    assert.equal(warmUpFor([forkOf(MS, 25), forkOf(MS, 250)]), 500);
  });

  it("gives all that it ran itself when a version was never steady", () => {
    const never = {
      ...forkOf(MS, 0),
      wallNs: Float64Array.from({ length: 800 }, (_, index) => MS * (900 - index)),
    };
    assert.equal(warmUpFor([forkOf(MS, 0), never]), 800);
  });

  it("times as many iterations together as the fastest version needs to be a hundred times the clock's own", () => {
    const stretch = (...typicals: readonly number[]): number =>
      stretchFor(typicals.map((typicalNs) => forkOf(typicalNs, 0)));
    assert.equal(stretch(MS, MS), 1);
    assert.equal(stretch(MS, 10_000), 1);
    assert.equal(stretch(50_000, 9_999), 2);
    assert.equal(stretch(1_000, 50_000), 10);
    assert.equal(stretch(3, 3), 100);
    assert.equal(stretchFor([forkOf(20_000, 0, 1_200)]), 6);
  });

  it("times no more of them together than make a millisecond of the slowest version", () => {
    assert.equal(stretchFor([forkOf(1_000, 0), forkOf(MS, 0)]), 1);
    assert.equal(stretchFor([forkOf(100, 0), forkOf(140_000, 0)]), 7);
  });

  it("times iterations by ones where the engine tells nothing of its clock, or a fork failed", () => {
    const { conditions, ...untold } = forkOf(100, 0);
    assert.ok(conditions !== undefined);
    assert.equal(stretchFor([untold]), 1);
    assert.equal(stretchFor([{ ...forkOf(100, 0), failures: 1 }]), 1);
  });

  it("runs longer where iterations are short, in the stretch that it found", async () => {
    const lengths = async (typicalNs: number): Promise<readonly (readonly number[])[]> => {
      const engine = scriptedEngine({ measure: () => forkOf(typicalNs, 0) });
      const request = { batch: inputsOf(1), seed: SANDBOX_SEED, limits: SANDBOX_CAPS };
      const programs = { baseline: programOf("one"), candidate: programOf("other") };
      const settings = await runPilot({ ...request, programs }, engine, new AbortController().signal);
      assert.equal(settings.warmUpIterations, 150);
      return engine.measured.map(({ iterations, stretch = 1 }) => [iterations, stretch]);
    };
    assert.deepEqual(
      await lengths(MS),
      Array.from({ length: 4 }, () => [500, 1]),
    );
    assert.deepEqual(await lengths(1_000), [
      [500, 1],
      [500, 1],
      ...Array.from({ length: 4 }, () => [4000, 10]),
    ]);
    assert.deepEqual(
      (await lengths(50_000)).slice(2),
      Array.from({ length: 4 }, () => [2000, 1]),
    );
  });
});
