/**
 * How a life ends, by a restart or a stop. First all it has ordered ends, and who waits for an answer is
 * refused; then its children stop, the last one spawned first, one by one; then its own `stopped` is called.
 * A stop may overtake a restart that is still waiting for children.
 */
import type { StopReason } from "./actor.ts";
import type { Cell } from "./cell.ts";
import type { Extras } from "./extras.ts";
import { HALTED, HALTING, STOPPED, STOPPING, type Child } from "./family.ts";
import type { SystemMessage } from "./system-message.ts";

/** One end of one life, and how far it has come. */
export class Ending {
  reason: StopReason;
  readonly #toStop: Child[];
  #waitingFor: Child | null = null;

  /** @param children the oldest first; it takes the array over. */
  constructor(reason: StopReason, children: Child[]) {
    this.reason = reason;
    this.#toStop = children;
  }

  waitsFor(child: Child): boolean {
    return this.#waitingFor === child;
  }

  /** @returns false: none is left. */
  stopNextChild(): boolean {
    for (let child = this.#toStop.pop(); child !== undefined; child = this.#toStop.pop()) {
      if (!child.isListed) continue;
      this.#waitingFor = child;
      child.system({ kind: "stop", reason: this.reason.kind === "shutdown" ? SHUTDOWN : PARENT_STOPPED });
      return true;
    }
    this.#waitingFor = null;
    return false;
  }
}

const SHUTDOWN: StopReason = { kind: "shutdown" };
const PARENT_STOPPED: StopReason = { kind: "parent-stopped" };

/** The first half of a restart. */
export function halt(cell: Cell, extras: Extras, error: unknown): void {
  if (cell.status >= HALTING) return;
  cell.status = HALTING;
  extras.failure = { error, escalated: false };
  endOrders(cell, extras);
  extras.unanswered?.forEach((ask) => ask.crashed(error));
  begin(cell, extras, { kind: "restarted", error });
}

export function stop(cell: Cell, extras: Extras, reason: StopReason): void {
  if (cell.status >= STOPPING) return;
  const overtaken = cell.status === HALTING ? extras.ending : null;
  cell.status = STOPPING;
  endOrders(cell, extras);
  extras.unanswered?.forEach((ask) => ask.stopped());
  cell.emptyMailbox("stopped");
  if (overtaken === null) begin(cell, extras, reason);
  else overtaken.reason = reason;
}

export function childStopped(cell: Cell, extras: Extras, child: Child): void {
  extras.children?.delete(child);
  extras.supervisor?.childStopped(child);
  if (extras.ending?.waitsFor(child) === true) proceed(cell, extras, extras.ending);
}

/** Ends what this life has ordered: timers, watches, piped results, restarts of children, a pause. */
function endOrders(cell: Cell, extras: Extras): void {
  extras.life += 1;
  extras.pause = null;
  extras.supervisor?.abandon();
  extras.ties?.endWatching();
  const { orders } = extras;
  extras.orders = null;
  if (orders?.end() === true) cell.notify({ kind: "drained" });
}

function begin(cell: Cell, extras: Extras, reason: StopReason): void {
  extras.ending = new Ending(reason, extras.children?.list() ?? []);
  proceed(cell, extras, extras.ending);
}

function proceed(cell: Cell, extras: Extras, ending: Ending): void {
  if (ending.stopNextChild()) return;
  if (cell.alive) {
    cell.endLife(ending.reason);
    // Whatever `stopped` has ordered ends with the life too.
    endOrders(cell, extras);
  }
  if (cell.status === HALTING) halted(cell);
  else stopped(cell, extras, ending.reason);
}

function halted(cell: Cell): void {
  cell.status = HALTED;
  cell.parent?.system({ kind: "halted", child: cell });
}

function stopped(cell: Cell, extras: Extras, reason: StopReason): void {
  cell.status = STOPPED;
  // The parent first: who learns of the stop may spawn under the same name again.
  cell.parent?.system({ kind: "child-stopped", child: cell });
  extras.ties?.end(reason);
  extras.ties = null;
  extras.children = null;
  while (extras.system.size > 0) answerFromTheGrave(cell, extras.system.shift());
  cell.host.stopped(cell, reason);
}

/** To a system message for an actor that has stopped. */
export function answerFromTheGrave(cell: Cell, message: SystemMessage): void {
  const asker = message.kind === "watch" ? message.watcher : message.kind === "link" ? message.peer : null;
  asker?.system({ kind: "terminated", target: cell, reason: cell.more.ending!.reason });
}
