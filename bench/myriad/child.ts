/** One workload in a process of its own: `child.js tell 1000000 [typed|general [folder for files]]`. */
import { tmpdir } from "node:os";
import { idleCpu, threadAsk, threadBulk, threadTell, type Form } from "./between-threads.ts";
import { events } from "./event-sourced.ts";
import { memory, restarts, spawn } from "./lifetimes.ts";
import type { Workload } from "./measuring.ts";
import { ask, fanIn, pingPong, tell } from "./same-thread.ts";
import { timerLateness } from "./timer-lateness.ts";
import { worldSteps } from "./world-steps.ts";

const [workload = "", sizeText = "0", variant = "", folder = tmpdir()] = process.argv.slice(2);
const size = Number(sizeText);
const form: Form = variant === "general" ? "general" : "typed";

const WORKLOADS: Readonly<Record<string, Workload>> = {
  tell: () => tell(),
  // What telemetry costs while it is on; see runtime/README.md.
  "tell-metrics": () => tell({ telemetry: {} }),
  "tell-traces": () => tell({ telemetry: { traces: { share: 0.01, onSpan: () => undefined } } }),
  "ping-pong": pingPong,
  "ask-1": () => ask(1),
  "ask-1000": () => ask(1_000),
  spawn,
  memory: () => memory(false),
  "memory-told": () => memory(true),
  "fan-in": fanIn,
  restarts,
  "thread-ask-1": () => threadAsk(1, form),
  "thread-ask-1000": () => threadAsk(1_000, form),
  "thread-tell": () => threadTell(form),
  "thread-bulk": threadBulk,
  "idle-cpu": idleCpu,
  "timer-lateness": timerLateness,
  "world-steps": worldSteps,
  "events-1000": () => events(1_000, folder),
  "events-1": () => events(1, folder),
};

const run = await WORKLOADS[workload]!();
await run(Math.ceil(size / 10));
globalThis.gc?.();
const measured = await run(size);
process.stdout.write(`\n${JSON.stringify(measured)}\n`, () => process.exit(0));
