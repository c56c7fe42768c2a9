import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { movedOn } from "../../../actors/evidence/moved-on.ts";
import { forkOf } from "../../kit/session.ts";

describe("forks as if they had drifted on", () => {
  const halves = (first: number, second: number): Float64Array =>
    Float64Array.from({ length: 200 }, (_, index) => (index < 100 ? first : second));
  const meanOf = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;

  it("take on average what the next half would have taken", () => {
    const drifting = [0, 1, 2].map((fork) => forkOf("baseline", fork, { wallNs: halves(1000, 900) }));
    const still = [0, 1, 2].map((fork) => forkOf("candidate", fork, { wallNs: halves(500, 500) }));
    const [moved, ...others] = movedOn([...drifting, ...still]);
    assert.deepEqual(others, []);
    assert.deepEqual(
      moved!.map(({ wallNs }) => Math.round(meanOf(wallNs))),
      [810, 810, 810, 500, 500, 500],
    );
  });

  it("are looked at with both versions drifted on, and with each alone, their processor time with them", () => {
    const forks = (["baseline", "candidate"] as const).map((version) =>
      forkOf(version, 0, { wallNs: halves(1000, 1100), cpuMs: 10 }),
    );
    const factor = 1.1 ** 2 / 1.05;
    assert.deepEqual(
      movedOn(forks).map((way) => way.map(({ cpuMs }) => Math.round(cpuMs * 1e6))),
      [
        [10 * factor, 10 * factor],
        [10 * factor, 10],
        [10, 10 * factor],
      ].map((way) => way.map((cpuMs) => Math.round(cpuMs * 1e6))),
    );
  });

  it("all drift as their version's median fork does", () => {
    const drifts = [0.5, 0.1, 0];
    const forks = drifts.map((drift, fork) =>
      forkOf("baseline", fork, { wallNs: halves(1000, 1000 * (1 + drift)) }),
    );
    const [, , still] = movedOn(forks)[0]!;
    assert.ok(Math.abs(meanOf(still!.wallNs) - (1000 * 1.1 ** 2) / 1.05) < 1e-9);
  });

  it("stay as they are where they are too short to show a drift, and where there are none", () => {
    const forks = [forkOf("baseline", 0)];
    assert.deepEqual(movedOn(forks), []);
    assert.deepEqual(movedOn([]), []);
  });
});
