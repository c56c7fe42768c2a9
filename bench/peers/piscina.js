import { isMainThread } from "node:worker_threads";
import { serve } from "./child.js";
import { threadWorkloads } from "./thread-workloads.js";

export default ({ id, text }) => id + text.length;

if (isMainThread) {
  const { Piscina } = await import("piscina");
  await serve(
    threadWorkloads(() => {
      const pool = new Piscina({
        filename: import.meta.url,
        minThreads: 1,
        maxThreads: 1,
        concurrentTasksPerWorker: 1_000,
        recordTiming: false,
      });
      return { ask: (message) => pool.run(message) };
    }),
  );
}
