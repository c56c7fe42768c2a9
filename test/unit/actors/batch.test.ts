import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseBatch } from "../../../actors/evidence/batch.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type { EncodedInput } from "../../../kernels/sandbox/index.ts";
import { inputsOf, programOf, SANDBOX_SEED } from "../../kit/session.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";

const INPUTS = inputsOf(...Array.from({ length: 100 }, (_, index) => index));

/** @param typicalNs time of one iteration over all inputs. */
function choose(
  typicalNs: readonly number[],
  inputs: readonly EncodedInput[] = INPUTS,
): Promise<readonly EncodedInput[]> {
  const engine = scriptedEngine({ measure: () => ({ wallNs: Float64Array.from(typicalNs) }) });
  const request = {
    program: programOf("subject"),
    inputs,
    targetNs: 1_000_000,
    seed: SANDBOX_SEED,
    limits: SANDBOX_CAPS,
  };
  return chooseBatch(request, engine, new AbortController().signal);
}

const times = (count: number, ns: number): readonly number[] => Array.from({ length: count }, () => ns);

describe("the batch", () => {
  it("is as many inputs as fit into the target time, from the front", async () => {
    assert.deepEqual(await choose(times(20, 4_000_000)), INPUTS.slice(0, 25));
  });

  it("is all of them where they fit", async () => {
    assert.deepEqual(await choose(times(20, 900_000)), INPUTS);
    assert.deepEqual(await choose(times(20, 0)), INPUTS);
  });

  it("is at least eight, however slow the function, where there are as many", async () => {
    assert.deepEqual(await choose(times(20, 4_000_000_000)), INPUTS.slice(0, 8));
    assert.equal((await choose(times(20, 4_000_000_000), INPUTS.slice(0, 3))).length, 3);
  });

  it("goes by the typical iteration, not by single slow ones", async () => {
    const disturbed = [...times(11, 4_000_000), ...times(9, 400_000_000)];
    assert.equal((await choose(disturbed)).length, 25);
  });

  it("is never empty: where most iterations met a limit it is the least there is", async () => {
    assert.equal((await choose(times(20, Number.NaN))).length, 8);
    assert.equal((await choose([...times(4, 1_000), ...times(16, Number.NaN)])).length, 8);
  });
});
