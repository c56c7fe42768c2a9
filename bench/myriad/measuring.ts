/**
 * How a workload is measured in its own process: prepared once, done at a tenth of the size to warm up, then
 * done once to measure. The peers' children do the same (`bench/peers/child.js`).
 */
import { performance } from "node:perf_hooks";

/** What a child process prints: one line of JSON. */
export interface Measured {
  readonly done: number;
  readonly seconds: number;
  /** Something that only the whole work gives, such as the sum of all messages. */
  readonly check: number;
  /** Where the answer is not done / seconds. */
  readonly figure?: number;
}

/** Does the work once. */
export type Run = (size: number) => Promise<Measured>;

/** Prepared once, run twice. */
export type Workload = () => Run | Promise<Run>;

/** Does `work` and waits until it calls `finish` with the check. */
export async function timed(
  done: number,
  work: (finish: (check: number) => void) => void | Promise<void>,
): Promise<Measured> {
  const start = performance.now();
  const check = await new Promise<number>((finish, fail) => {
    Promise.resolve(work(finish)).catch(fail);
  });
  return { done, seconds: (performance.now() - start) / 1000, check };
}

/** Bytes that each of `count` things made by `make` holds, after garbage collection; needs `--expose-gc`. */
export async function weighed(
  count: number,
  make: (count: number) => readonly unknown[] | Promise<readonly unknown[]>,
): Promise<Measured> {
  const before = await settledBytes();
  const kept = await make(count);
  const figure = ((await settledBytes()) - before) / count;
  return { done: count, seconds: 0, check: kept.length, figure };
}

const SETTLING_ROUNDS = 4;

async function settledBytes(): Promise<number> {
  for (let round = 0; round < SETTLING_ROUNDS; round++) {
    await pause(10);
    globalThis.gc!();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `size` times, with so many at once, and sums the answers up. */
export function askSizeTimes(
  outstanding: number,
  ask: (index: number) => Promise<number>,
): (size: number) => Promise<Measured> {
  return (size) =>
    timed(size, async (finish) => {
      let next = 0;
      let sum = 0;
      const client = async (): Promise<void> => {
        while (next < size) {
          const answer = await ask(next++);
          sum += answer;
        }
      };
      await Promise.all(Array.from({ length: outstanding }, client));
      finish(sum);
    });
}
