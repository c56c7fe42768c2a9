/** What an actor does at each system message; the protocol stands at `SystemMessage`. */
import type { Cell } from "./cell.ts";
import { childStopped, halt, stop } from "./ending.ts";
import type { Extras } from "./extras.ts";
import { HALTED, RUNNING, STARTING, SUSPENDED } from "./family.ts";
import type { SystemMessage } from "./system-message.ts";

export function steer(cell: Cell, extras: Extras, message: SystemMessage): void {
  switch (message.kind) {
    case "stop":
      if (message.reason.kind === "drained") cell.notify({ kind: "drained" });
      else stop(cell, extras, message.reason);
      return;
    case "resume":
      resume(cell, extras);
      return;
    case "halt":
      halt(cell, extras, message.error);
      return;
    case "begin":
      if (cell.status === HALTED) cell.status = STARTING;
      return;
    case "fail":
      cell.fail(message.error);
      return;
    case "failed":
      cell.supervisor.failed(message.child, message.failure);
      return;
    case "halted":
      cell.supervisor.halted(message.child);
      return;
    case "child-stopped":
      childStopped(cell, extras, message.child);
      return;
    case "watch":
      cell.ties.addWatcher(message.watcher);
      return;
    case "unwatch":
      extras.ties?.deleteWatcher(message.watcher);
      return;
    case "link":
      cell.ties.linked(message.peer);
      return;
    case "unlink":
      cell.ties.unlinked(message.peer);
      return;
    case "terminated":
      extras.ties?.ended(message.target, message.reason);
      if (extras.ties?.isWatching(message.target) === true) cell.notify(message);
      return;
  }
}

function resume(cell: Cell, extras: Extras): void {
  if (cell.status !== SUSPENDED) return;
  cell.status = RUNNING;
  extras.failure = null;
  for (const child of extras.children?.list() ?? []) {
    if (child.failure?.escalated === true) child.system({ kind: "resume" });
  }
}
