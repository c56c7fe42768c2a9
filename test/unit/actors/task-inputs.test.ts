import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { INPUT_COUNT, makeTaskInputs, sandboxSeed } from "../../../actors/generation/task-inputs.ts";
import type { TaskInputs } from "../../../actors/generation/task-inputs.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import { deriveInputsKernel } from "../../../kernels/syntax/index.ts";
import type { DeriveInputsRequest } from "../../../kernels/syntax/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { servicesOf } from "../../kit/services.ts";
import { inputsOf, taskOf } from "../../kit/session.ts";

const UNSTOPPED = new AbortController().signal;

function make(
  task: Partial<Task>,
  seed: number,
  derive: (request: DeriveInputsRequest) => unknown = () => assert.fail("types are not asked"),
): Promise<TaskInputs> {
  const executor = scriptedExecutor({ [deriveInputsKernel.name]: derive });
  return makeTaskInputs(taskOf(task), seededRandom(seed), servicesOf({ executor }), UNSTOPPED);
}

const examplesOf = (count: number): Partial<Task> => ({
  examples: Array.from({ length: count }, (_, index) => [index]),
});

describe("the inputs of a task", () => {
  it("are split once: a third, rounded up, is sealed; none is lost, none is in both", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 200 }), fc.integer(), async (count, seed) => {
        const { search, sealed } = await make(examplesOf(count), seed);
        assert.equal(sealed.length, Math.ceil(count / 3));
        const all = inputsOf(...Array.from({ length: count }, (_, index) => index));
        assert.deepEqual([...search, ...sealed].toSorted(), [...all].toSorted());
      }),
    );
  });

  it("are split by the seed alone", async () => {
    const sealedBy = async (seed: number): Promise<readonly string[]> =>
      (await make(examplesOf(60), seed)).sealed;
    assert.deepEqual(await sealedBy(1), await sealedBy(1));
    assert.notDeepEqual(await sealedBy(1), await sealedBy(2));
    assert.notDeepEqual(await sealedBy(1), inputsOf(...Array.from({ length: 20 }, (_, index) => index)));
  });

  it("come from the parameter types where the task has none, seeded, and the report says so", async () => {
    const requests: DeriveInputsRequest[] = [];
    const derive = (request: DeriveInputsRequest): unknown => (
      requests.push(request),
      { inputs: inputsOf(1, 2, 3) }
    );
    const { origin, sealed } = await make({}, 1, derive);
    await make({}, 1, derive);
    await make({}, 2, derive);
    assert.equal(sealed.length, 1);
    assert.equal(origin, "3 inputs made from the parameter types, seeded");
    const [first, again, other] = requests;
    assert.deepEqual([first!.ref, first!.count], [taskOf().subject, INPUT_COUNT]);
    assert.deepEqual(first, again);
    assert.notEqual(first!.seed, other!.seed);
  });

  it("are the examples where the task has them, values kept that JSON would lose", async () => {
    const examples = [[new Date(0)], [-0], [new Map([[1, undefined]])]];
    const { origin, search, sealed } = await make({ examples }, 1);
    assert.equal(origin, "3 examples of the task");
    assert.equal(new Set([...search, ...sealed]).size, 3);
    assert.ok([...search, ...sealed].some((input) => input.includes('"Date"')));
  });

  it("are refused when fewer than three", async () => {
    for (const count of [0, 1, 2])
      await assert.rejects(make(examplesOf(count), 1), hasCode("INPUTS_TOO_FEW"));
    const none = make({}, 1, () => ({ inputs: [] }));
    await assert.rejects(none, hasCode("INPUTS_TOO_FEW"));
  });

  it("meet the same chance and time in every sandbox of a session", () => {
    assert.deepEqual(sandboxSeed(seededRandom(1)), sandboxSeed(seededRandom(1)));
    assert.notEqual(sandboxSeed(seededRandom(1)).random, sandboxSeed(seededRandom(2)).random);
  });
});
