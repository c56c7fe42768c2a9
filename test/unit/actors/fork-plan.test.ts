import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { planCounts, planForks } from "../../../actors/evidence/fork-plan.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";

describe("the fork plan", () => {
  it("makes 10,000 runs into 20 forks of 500 iterations a version", () => {
    const plan = planForks(10_000, ["baseline", "candidate"], seededRandom(1));
    assert.equal(plan.forksPerVersion, 20);
    assert.equal(plan.iterationsPerFork, 500);
    assert.equal(plan.forks.length, 40);
  });

  it("counts in two forks of each version, which take turns", () => {
    const { forks, forksPerVersion, iterationsPerFork } = planCounts(["baseline", "candidate"]);
    assert.deepEqual([forksPerVersion, iterationsPerFork], [2, 2]);
    assert.deepEqual(
      forks.map(({ version, fork, order }) => `${order} ${version}/${fork}`),
      ["0 baseline/0", "1 candidate/0", "2 baseline/1", "3 candidate/1"],
    );
    assert.equal(planCounts(["candidate"]).forks.length, 2);
  });

  it("never plans fewer runs than asked, nor fewer than 20 forks, and each fork once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer(), (runs, seed) => {
        const plan = planForks(runs, ["baseline", "candidate"], seededRandom(seed));
        assert.ok(plan.forksPerVersion >= 20);
        assert.ok(plan.iterationsPerFork <= 500);
        assert.ok(plan.forksPerVersion * plan.iterationsPerFork >= runs);
        const names = new Set(plan.forks.map(({ version, fork }) => `${version}/${fork}`));
        assert.equal(names.size, 2 * plan.forksPerVersion);
        assert.deepEqual(
          plan.forks.map(({ order }) => order),
          plan.forks.map((_, index) => index),
        );
      }),
    );
  });

  it("lets the versions take turns: after each round both have run equally often, in no fixed order", () => {
    const { forks } = planForks(10_000, ["baseline", "candidate"], seededRandom(7));
    const firsts = new Set<string>();
    for (let round = 0; round < forks.length; round += 2) {
      assert.notEqual(forks[round]!.version, forks[round + 1]!.version);
      firsts.add(forks[round]!.version);
    }
    assert.deepEqual([...firsts].toSorted(), ["baseline", "candidate"]);
  });

  it("is the same for the same seed, so that a resumed burst knows what is missing", () => {
    const plan = (): unknown => planForks(2_000, ["baseline", "candidate"], seededRandom("s"));
    assert.deepEqual(plan(), plan());
  });
});
