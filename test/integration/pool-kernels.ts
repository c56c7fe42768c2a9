/** Kernels for the pool's tests, loaded by its worker threads. */
import { threadId } from "node:worker_threads";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { KernelContext } from "../../runtime/contracts/index.ts";

export function double(input: number): number {
  return input * 2;
}

export function currentThread(): number {
  return threadId;
}

/** Counts in the shared memory that it runs, then never returns. */
export function spin(input: Int32Array): never {
  Atomics.add(input, 0, 1);
  Atomics.notify(input, 0);
  for (;;);
}

/** Announces itself in slot 0 and goes on when slot 1 is set. */
export function meet(input: Int32Array): number {
  Atomics.add(input, 0, 1);
  Atomics.notify(input, 0);
  Atomics.wait(input, 1, 0, 10_000);
  return threadId;
}

export function report(count: number, context: KernelContext<number>): number {
  for (let step = 1; step <= count; step++) context.progress(step);
  return count;
}

export function refuse(): never {
  throw new MyriadError("TEST_REFUSED", "input", "the kernel refuses", {
    hint: "ask again",
    location: "line 3",
    cause: new TypeError("inner"),
  });
}

export function breakPlainly(): never {
  throw new TypeError("not coded");
}

export function leave(): never {
  process.exit(3);
}

export function reportFunction(_input: null, context: KernelContext<unknown>): void {
  context.progress(() => undefined);
}

export function answerFunction(): () => void {
  return () => undefined;
}

export function fill(input: ArrayBuffer): number {
  return input.byteLength;
}
