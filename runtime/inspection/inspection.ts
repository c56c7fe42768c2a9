/**
 * A look inside the actors of one thread while they run: who lives, in what state, what waits for them; and an
 * operator's hand on them. It costs nothing until it is used, and an actor notices nothing of being looked at.
 *
 *     pause ──▶ handles no message, notice or timer; is still supervised, and can be stopped ──resume──▶
 *     restart ─▶ as if it had crashed and its supervisor had decided so; the crash counts nowhere
 *     trace ───▶ each message is told, as text, before it is handled
 */
import { inspect, type InspectOptions } from "node:util";
import { Cell } from "../cell.ts";
import { shown, type Cancel } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import { PAUSED, RUNNING, STARTING, SUSPENDED, STOPPING, type Child, type Status } from "../family.ts";
import { observe } from "../observed-type.ts";
import { Room } from "../room.ts";
import { LocalSystem, type ActorSystem } from "../system.ts";
import { restartOrder } from "./restart-order.ts";

/** What an actor is doing. */
export type ActorStatus =
  | "starting"
  | "running"
  /** By an operator, or because it has sent to a full mailbox. */
  | "paused"
  /** It has failed, and its supervisor has not decided yet, or is restarting it. */
  | "failed"
  | "stopping";

/** An actor as it is seen from outside. */
export interface ActorView {
  readonly path: string;
  readonly address: string;
  readonly type: string;
  /** The thread that it lives on; of one on another thread than the look the last three are not known. */
  readonly thread: number;
  readonly status: ActorStatus;
  /** Messages in its mailbox; null: not known here. */
  readonly waiting: number | null;
  /** Questions that it has taken and not answered. */
  readonly unanswered: number | null;
  readonly children: number | null;
}

/** A message that a traced actor is about to handle. */
export interface TracedMessage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly address: string;
  /** At most 2,000 characters. */
  readonly text: string;
  /** Messages that wait behind it. */
  readonly waiting: number;
}

const MOST_TEXT = 2_000;
const SHOWN: InspectOptions = {
  depth: 4,
  customInspect: false,
  getters: false,
  maxArrayLength: 50,
  maxStringLength: 500,
  breakLength: Number.POSITIVE_INFINITY,
};

/** A look inside the part of a system that lives on this thread. */
export class Inspection {
  readonly #system: LocalSystem;
  /** Where actors wait that an operator has paused. */
  readonly #rooms = new WeakMap<Cell, Room>();
  readonly #traces = new WeakMap<Cell, Set<(seen: TracedMessage) => void>>();

  /** @throws ARGUMENT_INVALID for what is no system of this thread */
  constructor(system: ActorSystem) {
    if (!(system instanceof LocalSystem)) {
      throw runtimeError("ARGUMENT_INVALID", `An inspection is of an ActorSystem, not ${shown(system)}`);
    }
    this.#system = system;
  }

  /**
   * The living actors, parents before children, in the order of their spawning.
   * @param under only that one and those below it; default: all
   */
  actors(under?: string): readonly ActorView[] {
    if (under !== undefined) return viewsOf(this.#cell(under));
    const placed = this.#system.others?.mesh.directory.placed() ?? [];
    return [...(this.#system.root.children?.list() ?? []), ...placed].flatMap(viewsOf);
  }

  /** Its state as text, of at most 2,000 characters. @throws ACTOR_UNKNOWN */
  state(path: string): string {
    return Inspection.textOf(this.#cell(path).state);
  }

  /** Does nothing where it is paused already. @throws ACTOR_UNKNOWN, ACTOR_NOT_RUNNING */
  pause(path: string): void {
    const cell = this.#cell(path);
    if (this.#rooms.has(cell) && cell.status === PAUSED) return;
    if (cell.status !== RUNNING && cell.status !== PAUSED) {
      throw runtimeError("ACTOR_NOT_RUNNING", `${cell.address} is ${statusOf(cell.status)}`);
    }
    const room = new Room();
    this.#rooms.set(cell, room);
    cell.pauseFor(room);
  }

  /** Does nothing where no operator has paused it. @throws ACTOR_UNKNOWN */
  resume(path: string): void {
    const cell = this.#cell(path);
    const room = this.#rooms.get(cell);
    this.#rooms.delete(cell);
    room?.open();
  }

  /** Its messages wait, its children stop, as at any restart. @throws ACTOR_UNKNOWN */
  restart(path: string): void {
    const cell = this.#cell(path);
    this.#rooms.delete(cell);
    cell.fail(restartOrder(cell.address));
  }

  /** Also where it is paused. @throws ACTOR_UNKNOWN */
  stop(path: string): void {
    this.#cell(path).system({ kind: "stop", reason: { kind: "stopped" } });
  }

  /** @throws ACTOR_UNKNOWN */
  trace(path: string, listener: (seen: TracedMessage) => void): Cancel {
    const cell = this.#cell(path);
    const listeners = this.#traces.get(cell) ?? this.#beginTrace(cell);
    listeners.add(listener);
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        this.#traces.delete(cell);
        observe(cell, null);
      }
    };
  }

  /** A value as text, of at most 2,000 characters. Runs no code of it: no getter, and no `inspect` of its own. */
  static textOf(value: unknown): string {
    const text = inspect(value, SHOWN);
    return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 1)}…`;
  }

  #beginTrace(cell: Cell): Set<(seen: TracedMessage) => void> {
    const listeners = new Set<(seen: TracedMessage) => void>();
    this.#traces.set(cell, listeners);
    const { address } = cell;
    const { telemetry } = this.#system;
    observe(cell, (item) => {
      const { waiting } = cell;
      const message = telemetry === null ? item : telemetry.bare(item);
      const seen = { at: this.#system.clock.now(), address, text: Inspection.textOf(message), waiting };
      for (const listener of listeners) this.#tell(listener, seen);
    });
    return listeners;
  }

  #tell(listener: (seen: TracedMessage) => void, seen: TracedMessage): void {
    try {
      listener(seen);
    } catch (error) {
      this.#system.listenerFailed("trace", error);
    }
  }

  #cell(path: string): Cell {
    const names = path.split("/");
    const tops = [this.#system.root, ...(this.#system.others?.mesh.directory.placed() ?? [])];
    for (const top of tops) {
      const found = cellAt(top, names, path);
      if (found !== null) return found;
    }
    throw runtimeError("ACTOR_UNKNOWN", `Nobody lives at ${this.#system.node}/${path} on this thread`);
  }
}

function cellAt(top: Cell, names: readonly string[], path: string): Cell | null {
  if (top.path === path) return top;
  if (top.path !== null && !path.startsWith(`${top.path}/`)) return null;
  const below = top.path === null ? names : names.slice(top.path.split("/").length);
  const reached = top.find(below);
  return reached !== null && reached.rest.length === 0 && reached.child instanceof Cell
    ? reached.child
    : null;
}

function viewsOf(child: Child): readonly ActorView[] {
  if (!(child instanceof Cell)) return [viewOf(child, null)];
  const children = child.children?.list() ?? [];
  return [viewOf(child, children.length), ...children.flatMap(viewsOf)];
}

function viewOf(child: Child, children: number | null): ActorView {
  const { address, type, thread, status } = child;
  const cell = child instanceof Cell ? child : null;
  return {
    path: address.slice(address.indexOf("/") + 1, address.lastIndexOf("#")),
    address,
    type: type.name,
    thread,
    status: statusOf(status),
    waiting: cell?.waiting ?? null,
    unanswered: cell === null ? null : (cell.extras?.unanswered?.size ?? 0),
    children,
  };
}

function statusOf(status: Status): ActorStatus {
  if (status === STARTING) return "starting";
  if (status === RUNNING) return "running";
  if (status === PAUSED) return "paused";
  return status >= SUSPENDED && status < STOPPING ? "failed" : "stopping";
}
