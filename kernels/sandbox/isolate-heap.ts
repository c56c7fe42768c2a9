/** V8's heap and collector as the process that runs the program sees them; other engines tell nothing. */
import type { HostHeap } from "./isolate-host.ts";

/** The little of `node:v8` that is used here. */
interface HeapTools {
  readonly getHeapStatistics: () => { readonly used_heap_size: number };
  readonly GCProfiler?: new () => {
    start(): void;
    stop(): { readonly statistics: readonly Collection[] };
  };
}

interface Collection {
  readonly cost: number;
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } };
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } };
}

const US_PER_MS = 1000;

/** @param load the runtime's `require`. */
export function heapHere(load: (name: string) => unknown): HostHeap | null {
  if (process.versions["bun"] !== undefined) return null;
  const { getHeapStatistics, GCProfiler } = load("node:v8") as HeapTools;
  if (GCProfiler === undefined) return null;
  return {
    usedBytes: () => getHeapStatistics().used_heap_size,
    watch() {
      const profiler = new GCProfiler();
      profiler.start();
      return () => {
        const { statistics } = profiler.stop();
        let costUs = 0;
        let freedBytes = 0;
        for (let index = 0; index < statistics.length; index++) {
          const { cost, beforeGC, afterGC } = statistics[index]!;
          costUs += cost;
          freedBytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
        }
        return { count: statistics.length, ms: costUs / US_PER_MS, freedBytes };
      };
    },
  };
}
