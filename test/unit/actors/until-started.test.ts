import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseBatch } from "../../../actors/evidence/batch.ts";
import { untilStarted } from "../../../actors/evidence/until-started.ts";
import { SANDBOX_CAPS, sandboxError } from "../../../kernels/sandbox/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { inputsOf, programOf, SANDBOX_SEED } from "../../kit/session.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";

const unstarted = (): Error => sandboxError("SANDBOX_INFRA", "no process");

describe("a sandbox that does not start", () => {
  it("is started again, at most three times, and how often is said", async () => {
    for (const failing of [0, 1, 2]) {
      let begun = 0;
      const work = (): Promise<string> =>
        begun++ < failing ? Promise.reject(unstarted()) : Promise.resolve("done");
      assert.deepEqual(await untilStarted(work), { result: "done", startFailures: failing });
    }
    let begun = 0;
    const never = untilStarted(() => {
      begun++;
      return Promise.reject(unstarted());
    });
    await assert.rejects(never, hasCode("SANDBOX_INFRA"));
    assert.equal(begun, 3);
  });

  it("is not started again when it was something else that failed", async () => {
    let begun = 0;
    const failing = untilStarted(() => {
      begun++;
      return Promise.reject(new Error("another"));
    });
    await assert.rejects(failing, /another/);
    assert.equal(begun, 1);
  });

  it("does not end the calibration of a batch", async () => {
    const engine = scriptedEngine({
      measure: (_request, _options, count) =>
        count === 0 ? Promise.reject(unstarted()) : { wallNs: new Float64Array(20).fill(1_000) },
    });
    const request = {
      program: programOf("subject"),
      inputs: inputsOf(1, 2, 3),
      targetNs: 1_000_000,
      seed: SANDBOX_SEED,
      limits: SANDBOX_CAPS,
    };
    assert.equal((await chooseBatch(request, engine, new AbortController().signal)).length, 3);
  });
});
