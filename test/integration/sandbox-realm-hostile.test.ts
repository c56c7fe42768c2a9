/** Programs that attack the realm: each is held, and neither the host nor the runs beside it notice. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { escapeIn, HOSTILE_PROGRAMS, programBody } from "../../bench/hostile/programs.ts";
import { openPool } from "../../kernels/pool/index.ts";
import { realmEngine } from "../../kernels/sandbox/index.ts";
import type { SandboxEngine } from "../../kernels/sandbox/index.ts";
import type { Executor } from "../../runtime/contracts/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";

const seed = { random: 7, epochMs: 0 };
const limits = { memoryMb: 32, cpuSeconds: 0.5, diskMb: 1, wallSeconds: 0.5 };
/** A second's grace and 50 ms between looks, and what a busy machine adds until a new worker runs. */
const MARGIN_MS = 1_050 + 10_000;

describe("a realm holds", () => {
  let pool: Executor;
  let engine: SandboxEngine;
  before(() => {
    pool = openPool({ workers: 2 });
    engine = realmEngine(pool);
  });
  after(() => pool.close());

  for (const hostile of HOSTILE_PROGRAMS) {
    it(hostile.name, async () => {
      const program = programOf(programBody(hostile));
      const attacks = hostile.native ? 1 : 2;
      const inputs = [0, ...Array.from({ length: attacks }, () => 1), 2].map((n) => inputOf(n));
      const { observations } = await engine.observe({ program, inputs, order: "alone", seed, limits });
      for (const attack of observations.slice(1, -1)) assert.equal(escapeIn(hostile, attack), null);
      assert.equal(observations[0]!.text, "returned 0\narguments 0");
      assert.equal(observations.at(-1)!.text, "returned 2\narguments 2");
    });
  }

  it("a native loop no longer than its deadline and a margin", async () => {
    const native = HOSTILE_PROGRAMS.filter((hostile) => hostile.native);
    assert.ok(native.length >= 2);
    for (const hostile of native) {
      const started = performance.now();
      const program = programOf(programBody(hostile));
      const request = { program, inputs: [inputOf(1)], order: "alone", seed, limits } as const;
      const { observations } = await engine.observe(request);
      assert.deepEqual(observations, [{ outcome: "limit_exceeded", text: "cpu" }]);
      assert.ok(performance.now() - started < limits.cpuSeconds * 1_000 + MARGIN_MS);
    }
  });
});
