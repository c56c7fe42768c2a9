import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rewardOf } from "../../../actors/evidence/reward.ts";
import { evaluateGates } from "../../../actors/workflow/gates.ts";
import { cleanAudit, violatedCheck } from "../../kit/audit.ts";

const audit = cleanAudit();
const gates = evaluateGates("before_burst", { audit, verdict: null });

describe("reward", () => {
  it("is 10 a passed check, 5 for the architecture and 3 for the method when nothing is wrong", () => {
    const { total, normalised } = rewardOf(audit, gates, false);
    assert.equal(total, 10 * 2 + 5 + 3);
    assert.equal(normalised, 10 + 5 + 3);
  });

  it("loses 2 a violation and 5 for a regression", () => {
    const { total, components } = rewardOf(
      { ...audit, checks: [...audit.checks, violatedCheck()] },
      gates,
      true,
    );
    assert.equal(total, 10 * 2 - 2 + 5 - 5 + 3);
    assert.deepEqual(components, {
      passed: 20,
      violations: -2,
      architecture: 5,
      regression: -5,
      methodology: 3,
    });
  });

  it("does not grow by more checks of the same quality when normalised", () => {
    const more = { ...audit, checks: [...audit.checks, ...audit.checks] };
    assert.equal(rewardOf(more, gates, false).normalised, rewardOf(audit, gates, false).normalised);
  });

  it("gives nothing for the architecture when its gate failed", () => {
    assert.equal(rewardOf(audit, [], false).components["architecture"], 0);
  });
});
