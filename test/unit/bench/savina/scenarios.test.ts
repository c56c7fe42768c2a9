import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SCENARIOS } from "../../../../bench/savina/scenarios.ts";
import { seededRandom } from "../../../../runtime/contracts/index.ts";
import { createSystem } from "../../../../runtime/index.ts";

const SMALLER = 10;

describe("the scenarios of Savina", () => {
  for (const { name, quickSize, play, expected } of SCENARIOS) {
    it(`${name} gives the result that it must, with any seed`, async () => {
      for (const seed of [1, 2, 3]) {
        const size = Math.ceil(quickSize / SMALLER) + seed;
        const system = createSystem({ random: seededRandom(seed) });
        const failures: unknown[] = [];
        system.events.subscribe("actor-failed", (event) => failures.push(event));
        system.events.subscribe("dead-letter", (event) => failures.push(event));
        assert.equal(await play(system, size), expected(size));
        await system.shutdown();
        assert.deepEqual(failures, []);
      }
    });
  }
});
