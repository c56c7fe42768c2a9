import { isBetween, isObject, isWhole } from "../contracts/index.ts";
import { check } from "../errors.ts";
import { checkRingBytes } from "./ring.ts";

/** How many worker threads a system has, and what holds for each. */
export interface ThreadOptions {
  /** Worker threads beside the main one, 1 to 63. */
  readonly count: number;
  /** Heap limit of each worker; default: V8's own. */
  readonly maxHeapMb?: number;
  /** Bytes of each of the two rings between any two threads, a power of two; default 1 MiB. */
  readonly ringBytes?: number;
  /** A worker that gives no sign of life for as long is killed; default 10,000, at least 100. */
  readonly hangMs?: number;
  /**
   * How messages cross: rings in shared memory, or, several times slower, copies through message ports, where a
   * runtime has no shared memory. Default: shared memory where there is any.
   */
  readonly transport?: ThreadTransport;
}

/** How messages cross from one thread to another. */
export type ThreadTransport = "shared memory" | "message port";

export type ThreadRules = Required<Omit<ThreadOptions, "maxHeapMb">> & { readonly maxHeapMb: number | null };

const RING_BYTES = 1 << 20;
const MAX_THREADS = 63;

/** @throws THREADS_INVALID */
export function threadRules(threads: number | ThreadOptions): ThreadRules {
  const options: ThreadOptions = typeof threads === "number" ? { count: threads } : threads;
  check(isObject(options), "THREADS_INVALID", "threads are a number or an object with options", threads);
  const { count, maxHeapMb = null, ringBytes = RING_BYTES, hangMs = 10_000 } = options;
  const { transport = sharedMemory() ? "shared memory" : "message port" } = options;
  checkThreadCount(count);
  const isHeap = maxHeapMb === null || isBetween(maxHeapMb, 8, Infinity);
  check(isHeap, "THREADS_INVALID", "maxHeapMb is 8 or more", maxHeapMb);
  check(isBetween(hangMs, 100, 2 ** 31 - 1), "THREADS_INVALID", "hangMs is 100 or more", hangMs);
  checkRingBytes(ringBytes);
  const offered = sharedMemory() ? ["shared memory", "message port"] : ["message port"];
  check(
    offered.includes(transport),
    "THREADS_INVALID",
    `transport is ${offered.join(" or ")} here`,
    transport,
  );
  return { count, maxHeapMb, ringBytes, hangMs, transport };
}

/** @throws THREADS_INVALID */
export function checkThreadCount(count: number): void {
  const isCount = isWhole(count, 1) && count <= MAX_THREADS;
  check(isCount, "THREADS_INVALID", `The number of threads is from 1 to ${MAX_THREADS}`, count);
}

function sharedMemory(): boolean {
  return typeof SharedArrayBuffer === "function";
}
