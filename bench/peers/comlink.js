import * as comlink from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { serve } from "./child.js";
import { threadWorkloads } from "./thread-workloads.js";

if (isMainThread) {
  await serve(
    threadWorkloads(() => {
      const remote = comlink.wrap(nodeEndpoint(new Worker(new URL(import.meta.url))));
      return { ask: (message) => remote.answer(message) };
    }),
  );
} else {
  comlink.expose({ answer: ({ id, text }) => id + text.length }, nodeEndpoint(parentPort));
}
