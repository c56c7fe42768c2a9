import { runtimeError } from "../errors.ts";

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
  const { count, maxHeapMb = null, ringBytes = RING_BYTES, hangMs = 10_000 } = options;
  const { transport = sharedMemory() ? "shared memory" : "message port" } = options;
  const wrong =
    !Number.isInteger(count) || count < 1 || count > MAX_THREADS
      ? `count ${count}`
      : maxHeapMb !== null && !(maxHeapMb >= 8)
        ? `maxHeapMb ${maxHeapMb}`
        : !(hangMs >= 100 && hangMs <= 2 ** 31 - 1)
          ? `hangMs ${hangMs}`
          : transport === "shared memory" && !sharedMemory()
            ? `${transport}: this runtime has none`
            : null;
  if (wrong !== null) throw runtimeError("THREADS_INVALID", `Threads cannot have ${wrong}`);
  return { count, maxHeapMb, ringBytes, hangMs, transport };
}

function sharedMemory(): boolean {
  return typeof SharedArrayBuffer === "function";
}
