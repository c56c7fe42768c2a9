/** What is run in sandboxes, here and in the peers' processes, and what comes of it. */
import type { EncodedInput, SandboxLimits, SandboxProgram } from "../../kernels/sandbox/index.ts";

export interface Body {
  readonly source: string;
  /** Text of an argument list, as devalue writes it. */
  readonly input: EncodedInput;
  readonly argument: unknown;
  /** Observation of one call. */
  readonly observation: string;
}

const NUMBERS = 1_000;

/** The same numbers everywhere: a fixed linear congruence. */
export function numbersToSort(): number[] {
  const numbers: number[] = [];
  let state = 1;
  for (let index = 0; index < NUMBERS; index++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    numbers.push(state % 100_000);
  }
  return numbers;
}

function encoded(argument: unknown): EncodedInput {
  const flat = Array.isArray(argument)
    ? [[1], argument.map((_, index) => index + 2), ...(argument as readonly unknown[])]
    : [[1], argument];
  return JSON.stringify(flat) as EncodedInput;
}

/** Sorts by hand, without copying; answers a sum in which every place counts. */
const SORT = `function f(list) {
  const stack = [0, list.length - 1];
  while (stack.length > 0) {
    const high = stack.pop(); const low = stack.pop();
    if (low >= high) continue;
    const pivot = list[(low + high) >> 1];
    let left = low; let right = high;
    while (left <= right) {
      while (list[left] < pivot) left++;
      while (list[right] > pivot) right--;
      if (left <= right) { const held = list[left]; list[left++] = list[right]; list[right--] = held; }
    }
    stack.push(low, right, left, high);
  }
  let sum = 0;
  for (let index = 0; index < list.length; index++) sum = (sum * 31 + list[index]) % 1000003;
  return sum;
}`;

function sortedSum(): number {
  const sorted = numbersToSort().sort((left, right) => left - right);
  return sorted.reduce((sum, number) => (sum * 31 + number) % 1_000_003, 0);
}

export const TRIVIAL: Body = {
  source: "function f(x) { return x + 1; }",
  input: encoded(1),
  argument: 1,
  observation: "returned 2",
};

export const SORTING: Body = {
  source: SORT,
  input: encoded(numbersToSort()),
  argument: numbersToSort(),
  observation: `returned ${sortedSum()}`,
};

export function programOf({ source }: Pick<Body, "source">): SandboxProgram {
  return { code: `(function () { "use strict"; ${source}\nreturn { f }; })`, entry: "f", digest: source };
}

export const LIMITS: SandboxLimits = { memoryMb: 64, cpuSeconds: 10, diskMb: 10, wallSeconds: 20 };
export const SEED = { random: 1, epochMs: 1_600_000_000_000 } as const;
