/** Gives the main thread's part of a system its worker threads. */
import type { App } from "../app.ts";
import type { LocalSystem } from "../system.ts";
import { Gatherer } from "../telemetry/gatherer.ts";
import { telemetrySeed } from "../telemetry/telemetry-options.ts";
import { Crew } from "./crew.ts";
import { runtimeError } from "../errors.ts";
import { LayoutTable } from "./layout-table.ts";
import { isLoadingApp } from "./load-app.ts";
import { Mesh } from "./mesh.ts";
import { withErrors } from "./thread-messages.ts";
import type { ThreadRules } from "./thread-options.ts";

/** @throws THREADS_INVALID */
export function withThreads(system: LocalSystem, rules: ThreadRules, app: App): void {
  if (isLoadingApp) {
    throw runtimeError(
      "THREADS_INVALID",
      "A worker thread imports this module for its app, and would start threads of its own: start the program in another module, or only where isMainThread says so",
    );
  }
  const telemetry = system.telemetry === null ? null : telemetrySeed(system.telemetry.rules);
  const crew: Crew = new Crew(app, system.node, rules, system.clock, telemetry, {
    lost(thread, slot, why) {
      system.telemetry?.gatherer?.lost(thread);
      system.events.publish({ kind: "thread-lost", slot, number: thread, why });
    },
    report(message) {
      if (message.kind === "dead-letter") system.bury(message.letter);
      else if (message.kind === "event") system.events.publish(withErrors(message));
      else if (message.kind === "spans") system.telemetry?.tracer?.received(message.spans);
      else if (message.kind === "measured")
        system.telemetry?.gatherer?.answered(message.thread, message.request, message.metrics);
    },
  });
  if (system.telemetry !== null) {
    system.telemetry.gatherer = new Gatherer(system.clock, (request) => {
      crew.tell(request);
      return crew.threads.map(({ number }) => number);
    });
  }
  const mesh = new Mesh(system, {
    thread: 0,
    lobby: crew.lobby,
    layouts: new LayoutTable(app),
    ring: (thread) => crew.ring(thread),
    insteadOf: (lost) => crew.seats.insteadOf(lost),
  });
  system.join({ mesh, seats: crew.seats, crew });
  system.events.onInterest((kinds) => mesh.want(kinds));
  crew.start(mesh);
}
