/**
 * One workload between two processes: `child.js ask-1 20000 myriad nats://…`. This one asks and measures; the one
 * that answers is forked, and ends with it.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connectNats } from "../../cluster/index.ts";
import type { Run } from "../myriad/measuring.ts";
import { enqueueByQueue, enqueueRaw } from "./durable.ts";
import { ANSWERERS, ASKERS, RAW } from "./sides.ts";

const [workload = "", sizeText = "0", contender = "", url = "", side = "asks"] = process.argv.slice(2);
const nats = await connectNats({ servers: url.split(",") });

if (side === "answers") {
  await ANSWERERS[contender]!(nats);
  await nats.connection.flush();
  process.send!("ready");
  process.once("disconnect", () => process.exit(0));
} else {
  const run = await runOf();
  const size = Number(sizeText);
  await run(Math.ceil(size / 10 / 1_000) * 1_000);
  globalThis.gc?.();
  const measured = await run(size);
  process.stdout.write(`\n${JSON.stringify(measured)}\n`, () => process.exit(0));
}

async function runOf(): Promise<Run> {
  if (workload.startsWith("enqueue")) {
    const replicas = workload === "enqueue-r3" ? 3 : 1;
    return await (contender === RAW ? enqueueRaw(nats, replicas) : enqueueByQueue(nats, replicas));
  }
  const other = fork(process.argv[1]!, [workload, sizeText, contender, url, "answers"], { stdio: "inherit" });
  await once(other, "message");
  const asker = await ASKERS[contender]!(nats);
  if (workload === "ask-1") return asker.ask(1);
  if (workload === "ask-1000") return asker.ask(1_000);
  return asker.tell();
}
