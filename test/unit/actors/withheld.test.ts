import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Version } from "../../../actors/evidence/fork-plan.ts";
import { withheldFor } from "../../../actors/evidence/withheld.ts";
import type { KeptFork } from "../../../actors/workflow/session-state.ts";
import { forkOf, forksOf, taskOf } from "../../kit/session.ts";

const QUIET = { label: "quiet", coefficientOfVariation: 0.01 } as const;
const UNUSABLE = { label: "unusable", coefficientOfVariation: 0.3 } as const;

/** Forks whose second half takes `drift` more than the first. */
function drifting(version: Version, drift: number, forks = 20): readonly KeptFork[] {
  return Array.from({ length: forks }, (_, fork) =>
    forkOf(version, fork, {
      wallNs: Float64Array.from({ length: 100 }, (_, index) => (index < 50 ? 1000 : 1000 * (1 + drift))),
    }),
  );
}

describe("a verdict is withheld", () => {
  it("on a machine that is unusable, unless the task allows that", () => {
    const forks = forksOf("baseline", "candidate");
    assert.equal(withheldFor(UNUSABLE, forks, taskOf()), "noise");
    assert.equal(withheldFor({ ...UNUSABLE, label: "noisy" }, forks, taskOf()), null);
    assert.equal(withheldFor(UNUSABLE, forks, taskOf({ allowNoise: true })), null);
  });

  it("when one version, whichever, still changed while it was timed, in either direction", () => {
    const still = drifting("baseline", 0);
    assert.equal(withheldFor(QUIET, [...still, ...drifting("candidate", 0.03)], taskOf()), "unsteady");
    assert.equal(withheldFor(QUIET, [...still, ...drifting("candidate", -0.03)], taskOf()), "unsteady");
    const turned = [...drifting("baseline", 0.03), ...drifting("candidate", 0)];
    assert.equal(withheldFor(QUIET, turned, taskOf({ allowNoise: true })), "unsteady");
  });

  it("not for a change within the tolerance, nor within 2 % where that is less", () => {
    const both = (drift: number) => [...drifting("baseline", drift), ...drifting("candidate", drift)];
    const [metric] = taskOf().metrics;
    assert.equal(withheldFor(QUIET, both(0.019), taskOf()), null);
    assert.equal(withheldFor(QUIET, both(0.09), taskOf({ metrics: [{ ...metric, tolerance: 0.1 }] })), null);
    assert.equal(withheldFor(QUIET, both(0.019), taskOf({ metrics: [{ ...metric, tolerance: 0 }] })), null);
  });

  it("not when fewer than 15 of 20 forks show it", () => {
    const some = (count: number) => [
      ...drifting("baseline", 0.05, count),
      ...drifting("baseline", -0.05, 20 - count),
    ];
    assert.equal(withheldFor(QUIET, some(14), taskOf()), null);
    assert.equal(withheldFor(QUIET, some(15), taskOf()), "unsteady");
  });

  it("for no reason that lies in how the versions differ", () => {
    const far = [...drifting("baseline", 0), ...drifting("candidate", 0)].map((fork) =>
      fork.version === "candidate" ? { ...fork, wallNs: fork.wallNs.map((ns) => ns * 10) } : fork,
    );
    assert.equal(withheldFor(QUIET, far, taskOf()), null);
  });
});
