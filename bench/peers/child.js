/**
 * What every child process of the bench does: it is given a workload and a size as arguments, prepares that
 * workload, does it once at a tenth of the size to warm up and once to measure, and prints one line of JSON:
 *
 *     { done, seconds, check, figure? }     figure: where the answer is not done / seconds
 *
 * A workload is `async () => run`, and `run(size)` does it once.
 */
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers";

export async function serve(workloads) {
  const [workload, sizeText] = process.argv.slice(2);
  const size = Number(sizeText);
  const run = await workloads[workload]();
  await run(Math.ceil(size / 10));
  globalThis.gc?.();
  const measured = await run(size);
  process.stdout.write(`\n${JSON.stringify(measured)}\n`, () => process.exit(0));
}

/** Does `work(finish)` and waits until it calls `finish(check)`. */
export async function timed(done, work) {
  const start = performance.now();
  const check = await new Promise((finish, fail) => {
    Promise.resolve(work(finish)).catch(fail);
  });
  return { done, seconds: (performance.now() - start) / 1000, check };
}

/** Bytes that `count` things made by `make` hold, after garbage collection. */
export async function weighed(count, make) {
  const before = await settledBytes();
  const kept = await make(count);
  const bytes = (await settledBytes()) - before;
  return { done: kept.length, seconds: 0, check: kept.length, figure: bytes / count };
}

async function settledBytes() {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
