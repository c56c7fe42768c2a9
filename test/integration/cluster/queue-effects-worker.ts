/**
 * A worker for the test beside it, in a process of its own: notes the id of each task in an event-sourced ledger over
 * the JetStream journal, and prints it when it is kept. Its arguments: a server, a cluster, and `hang` for a worker that
 * ends no task after its effect.
 */
import { connectNats, openJetStreamJournal, openTaskQueue, Subjects } from "../../../cluster/index.ts";
import { createSystem } from "../../../runtime/index.ts";
import { LEDGER, ledger } from "../../kit/ledger.ts";

const [server, cluster, mode] = process.argv.slice(2);
const nats = await connectNats({ servers: [server!] });
const subjects = new Subjects(cluster!);
const system = createSystem({ journal: await openJetStreamJournal(nats, subjects) });
const kept = system.spawn(
  ledger((id) => process.stdout.write(`${id}\n`)),
  LEDGER,
  { name: LEDGER },
);
const queue = await openTaskQueue(nats, subjects, { name: "tasks" });
await queue.work(
  async ({ message_id: id }) => {
    await kept.ask<number>((noted) => ({ id, noted }), { timeoutMs: 60_000 });
    if (mode === "hang") await new Promise(() => undefined);
  },
  { concurrency: 4, ackWaitMs: 500 },
);
// Timers keep no process alive, and neither does the connection on its own.
setInterval(() => undefined, 60_000);
