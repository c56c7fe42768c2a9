/** Worker threads and nothing else; `batched` sends the tells of a window as one array. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { serve } from "./child.js";
import { threadWorkloads } from "./thread-workloads.js";

function connect(batched) {
  const worker = new Worker(new URL(import.meta.url));
  const waiting = new Map();
  let lastCall = 0;
  let batch = [];
  worker.on("message", ({ call, answer }) => {
    waiting.get(call)(answer);
    waiting.delete(call);
  });
  const request = (kind, message, transferred) =>
    new Promise((resolve) => {
      waiting.set(++lastCall, resolve);
      worker.postMessage({ kind, call: lastCall, message }, transferred);
    });
  const flush = () => {
    if (batch.length > 0) worker.postMessage({ kind: "batch", batch });
    batch = [];
  };
  return {
    ask: (message) => request("ask", message),
    tell: batched ? (message) => void batch.push(message) : (message) => worker.postMessage(message),
    total() {
      flush();
      return request("total", null);
    },
    bulk: (array) => request("bulk", array, [array.buffer]),
  };
}

function work() {
  let total = 0;
  const reply = (call, answer, transferred) => parentPort.postMessage({ call, answer }, transferred);
  parentPort.on("message", (given) => {
    switch (given.kind) {
      case "add":
        total += given.value;
        break;
      case "batch":
        for (const { value } of given.batch) total += value;
        break;
      case "ask":
        reply(given.call, given.message.id + given.message.text.length);
        break;
      case "total":
        reply(given.call, total);
        break;
      case "bulk":
        given.message[0] += 1;
        reply(given.call, given.message, [given.message.buffer]);
    }
  });
}

if (isMainThread) await serve(threadWorkloads(() => connect(process.argv[4] === "batched")));
else work();
