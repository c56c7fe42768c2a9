/** A worker thread of a system: imports the app module, connects to the other threads, and runs its actors. */
import { parentPort, workerData } from "node:worker_threads";
import { systemRules } from "../system-options.ts";
import { LocalSystem } from "../system.ts";
import { workerOptions } from "../telemetry/telemetry-options.ts";
import { loadApp } from "./load-app.ts";
import { LayoutTable } from "./layout-table.ts";
import { Mesh } from "./mesh.ts";
import { Mirror } from "./mirror.ts";
import { PortEnd } from "./port-end.ts";
import { Seats } from "./seats.ts";
import { eventMessage, FORWARDED, letterMessage } from "./thread-messages.ts";
import type { FromThread, LinkSeed, ThreadSeed, ToThread } from "./thread-messages.ts";

const main = parentPort!;
const seed = workerData as ThreadSeed;
const say = (message: FromThread): void => main.postMessage(message);

const app = await loadApp(seed.app);
const telemetry = seed.telemetry === null ? {} : { telemetry: workerOptions(seed.telemetry) };
const system = new LocalSystem(systemRules({ app, node: seed.node, ...telemetry }), seed.thread);
const seats = new Seats(seed.slots);
let told: (() => void)[] = [];
const ends = new Map<number, PortEnd>();
const mesh = new Mesh(system, {
  thread: seed.thread,
  lobby: seed.lobby === null ? null : new Int32Array(seed.lobby),
  layouts: new LayoutTable(app),
  ring: (thread) => ends.get(thread)?.ring(),
  insteadOf: (lost) => seats.insteadOf(lost),
  onWants(kinds) {
    for (const end of told) end();
    told = kinds
      .filter((kind) => kind !== "dead-letter" && !FORWARDED.includes(kind))
      .map((kind) => system.events.subscribe(kind, (event) => say(eventMessage(event))));
  },
});
const connect = (link: LinkSeed): void => {
  const mirror = seed.lobby === null ? new Mirror(link) : null;
  const end = new PortEnd(link.port, mirror, () => mesh.woken());
  ends.set(link.peer, end);
  mesh.connect(link, end);
};

seed.links.forEach(connect);
process.on("exit", () => system.abandon());
system.join({ mesh, seats, crew: null });
system.events.subscribe("dead-letter", ({ letter }) => say(letterMessage(letter)));
for (const kind of FORWARDED) system.events.subscribe(kind, (event) => say(eventMessage(event)));
system.telemetry?.tracer?.forward((spans) => say({ kind: "spans", spans }));
main.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "ping":
      say({ kind: "pong" });
      return;
    case "connect":
      connect(message.link);
      return;
    case "seat":
      seats.sit(message.slot, message.thread);
      return;
    case "lost":
      ends.get(message.thread)?.drain();
      mesh.lose(message.thread);
      ends.get(message.thread)?.close();
      ends.delete(message.thread);
      return;
    case "measure": {
      const metrics = system.telemetry?.snapshot(message.order);
      if (metrics !== undefined)
        say({ kind: "measured", thread: seed.thread, request: message.request, metrics });
      return;
    }
    case "shutdown":
      void system.shutdown().finally(() => process.exit(0));
      return;
  }
});
say({ kind: "ready" });
