/**
 * The inputs of a task: its examples, else its generator module, else values made from the parameter types.
 * They are shuffled by the session's seed and split once: two thirds for the search, one third sealed. The
 * search never sees the sealed ones; equivalence and the final burst are decided on them.
 */
import { stringify } from "devalue";
import { bundleFunction, deriveInputsKernel } from "../../kernels/syntax/index.ts";
import { generateInputs } from "../../kernels/sandbox/index.ts";
import type { EncodedInput, SandboxSeed } from "../../kernels/sandbox/index.ts";
import type { Random } from "../../runtime/contracts/index.ts";
import type { Services } from "../agent/services.ts";
import { actorError } from "../errors.ts";
import type { Task } from "../workflow/task.ts";

export interface TaskInputs {
  readonly search: readonly EncodedInput[];
  readonly sealed: readonly EncodedInput[];
  /** One sentence for the report. */
  readonly origin: string;
}

/** How many inputs a generator or the types are asked for. */
export const INPUT_COUNT = 300;
const SMALLEST_COUNT = 3;

/** Date.now() inside every sandbox: 2023-11-14T22:13:20Z. */
const SANDBOX_EPOCH_MS = 1_700_000_000_000;

export function sandboxSeed(random: Random): SandboxSeed {
  return { random: random.fork("sandbox").below(2 ** 32), epochMs: SANDBOX_EPOCH_MS };
}

/** @throws INPUTS_TOO_FEW, and what the generator, the types or the encoding refuse. */
export async function makeTaskInputs(
  task: Task,
  random: Random,
  services: Services,
  signal: AbortSignal,
): Promise<TaskInputs> {
  const { inputs: found, origin } = await sourceOf(task, random, services, signal);
  const inputs = withoutRepetitions(found);
  if (inputs.length < SMALLEST_COUNT) {
    throw actorError("INPUTS_TOO_FEW", `there are ${inputs.length} inputs`);
  }
  const shuffled = shuffle(inputs, random.fork("split"));
  const sealedCount = Math.ceil(shuffled.length / 3);
  return { search: shuffled.slice(sealedCount), sealed: shuffled.slice(0, sealedCount), origin };
}

/**
 * An input that stood on both sides of the split would not be sealed. A domain with fewer values than can be
 * split (a boolean) keeps its repetitions: there is nothing to be hidden from the search.
 */
function withoutRepetitions(inputs: readonly EncodedInput[]): readonly EncodedInput[] {
  const distinct = [...new Set(inputs)];
  return distinct.length < SMALLEST_COUNT ? inputs : distinct;
}

async function sourceOf(
  task: Task,
  random: Random,
  services: Services,
  signal: AbortSignal,
): Promise<{ readonly inputs: readonly EncodedInput[]; readonly origin: string }> {
  if (task.examples !== null) {
    const inputs = task.examples.map((example) => stringify(example) as EncodedInput);
    return { inputs, origin: `${inputs.length} examples of the task` };
  }
  if (task.inputs !== null) {
    const program = await bundleFunction({ ref: task.inputs, source: null });
    const seed = { ...sandboxSeed(random), random: random.fork("generator").below(2 ** 32) };
    const request = { program, count: INPUT_COUNT, seed, limits: task.limits };
    const inputs = await generateInputs(services.executor, request, { signal });
    return { inputs, origin: `${inputs.length} inputs of the generator ${task.inputs.exportName}, seeded` };
  }
  const request = { ref: task.subject, count: INPUT_COUNT, seed: random.fork("types").below(2 ** 31) };
  const { inputs } = await services.executor.run(deriveInputsKernel, request, { signal });
  return { inputs, origin: `${inputs.length} inputs made from the parameter types, seeded` };
}

function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
