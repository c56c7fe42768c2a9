/**
 * A parent's side of supervision. A failed child is suspended; the supervisor decides once per failure.
 *
 * A restart has two steps. A group comes down in reverse order: each member is told to halt when the one
 * after it has. When the first one has halted (and the backoff has passed) all are told to begin, in order.
 * Under one-for-one each child is a group of its own; otherwise there is one group at a time, and failures
 * that come while it is coming down join it.
 */
import type { Cell } from "./cell.ts";
import { SUSPENDED, type Child, type Failure } from "./family.ts";
import type { Cancel } from "./contracts/index.ts";
import { runtimeError } from "./errors.ts";
import { isRestartOrder } from "./inspection/restart-order.ts";
import { RestartWindow } from "./restart-window.ts";
import { backoffMs, isDirective, type Directive } from "./supervision.ts";

interface Group {
  readonly members: Set<Child>;
  /** Members that have not been told to halt, in the order they were spawned. */
  toHalt: Child[];
  halting: Child | null;
  error: unknown;
  backoffMs: number;
  cancelBackoff: Cancel | null;
}

export class Supervisor {
  readonly #parent: Cell;
  // Both by what counts together: each child for itself under one-for-one, else all under null.
  readonly #windows = new Map<Child | null, RestartWindow>();
  readonly #groups = new Map<Child | null, Group>();

  constructor(parent: Cell) {
    this.#parent = parent;
  }

  failed(child: Child, failure: Failure): void {
    // A failure that a halt, a stop or the parent's own resume has overtaken is over.
    if (child.failure !== failure || child.status !== SUSPENDED) return;
    const { directive, error } = this.#decide(child, failure.error);
    const { events } = this.#parent.host;
    if (events.wants("actor-failed")) {
      events.publish({ kind: "actor-failed", address: child.address, error, directive });
    }
    switch (directive) {
      case "resume":
        child.system({ kind: "resume" });
        return;
      case "stop":
        this.#stop(child, error);
        return;
      case "restart":
        this.#restart(child, failure);
        return;
      case "escalate":
        this.#escalate(child, failure, error);
        return;
    }
  }

  halted(child: Child): void {
    const key = this.#keyOf(child);
    const group = this.#groups.get(key);
    if (group?.halting === child) this.#haltNext(key, group);
  }

  childStopped(child: Child): void {
    const key = this.#keyOf(child);
    if (key !== null) this.#windows.delete(key);
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.members.delete(child);
    if (group.halting === child) this.#haltNext(key, group);
  }

  /** The parent's life ends: nothing will be begun again. */
  abandon(): void {
    for (const group of this.#groups.values()) group.cancelBackoff?.();
    this.#groups.clear();
    this.#windows.clear();
  }

  #decide(child: Child, error: unknown): { directive: Directive; error: unknown } {
    if (isRestartOrder(error)) return { directive: "restart", error };
    try {
      const failed = { ref: child.ref, name: child.name, type: child.type.name };
      const directive = this.#parent.type.supervision.decide(error, failed);
      if (!isDirective(directive)) throw new TypeError(`${String(directive)} is no directive`);
      return { directive: directive === "resume" && !child.alive ? "stop" : directive, error };
    } catch (cause) {
      const message = `${this.#parent.type.name} could not decide about ${child.address}`;
      return { directive: "escalate", error: runtimeError("SUPERVISION_FAILED", message, { cause }) };
    }
  }

  #stop(child: Child, error: unknown): void {
    for (const member of this.#affected(child).reverse()) {
      member.system({ kind: "stop", reason: { kind: "failed", error } });
    }
  }

  #escalate(child: Child, failure: Failure, error: unknown): void {
    if (this.#parent.parent !== null) {
      failure.escalated = true;
      this.#parent.fail(error);
      return;
    }
    this.#parent.host.events.publish({ kind: "escalated-to-root", address: child.address, error });
    child.system({ kind: "stop", reason: { kind: "failed", error } });
  }

  #restart(child: Child, failure: Failure): void {
    // Crashes of one group at the same time are one restart.
    if (this.#groups.get(this.#keyOf(child))?.members.has(child) === true) return;
    const { host, type } = this.#parent;
    const isOrdered = isRestartOrder(failure.error);
    const inARow = isOrdered ? 1 : this.#windowOf(child).record(host.clock.monotonic());
    if (inARow === 0) {
      const message = `${child.address} crashed more than ${type.supervision.maxRestarts} times`;
      this.#escalate(child, failure, runtimeError("RESTARTS_EXHAUSTED", message, { cause: failure.error }));
      return;
    }
    const group = this.#groupOf(child);
    group.error = failure.error;
    if (!isOrdered) {
      group.backoffMs = Math.max(group.backoffMs, backoffMs(type.supervision, inARow, host.random));
    }
    this.#join(group, this.#affected(child));
    if (group.halting === null) this.#haltNext(this.#keyOf(child), group);
  }

  #join(group: Group, affected: readonly Child[]): void {
    const joining = affected.filter((member) => !group.members.has(member));
    for (const member of joining) group.members.add(member);
    if (group.toHalt.length === 0) {
      group.toHalt = joining;
      return;
    }
    const all = new Set([...group.toHalt, ...joining]);
    group.toHalt = this.#siblings.filter((member) => all.has(member));
  }

  #haltNext(key: Child | null, group: Group): void {
    for (let member = group.toHalt.pop(); member !== undefined; member = group.toHalt.pop()) {
      if (!group.members.has(member)) continue;
      group.halting = member;
      member.system({ kind: "halt", error: group.error });
      return;
    }
    group.halting = null;
    this.#beginSoon(key, group);
  }

  #groupOf(child: Child): Group {
    const key = this.#keyOf(child);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        members: new Set(),
        toHalt: [],
        halting: null,
        error: undefined,
        backoffMs: 0,
        cancelBackoff: null,
      };
      this.#groups.set(key, group);
    }
    group.cancelBackoff?.();
    group.cancelBackoff = null;
    return group;
  }

  #beginSoon(key: Child | null, group: Group): void {
    group.cancelBackoff?.();
    if (group.backoffMs <= 0) this.#begin(key, group);
    else {
      const { clock } = this.#parent.host;
      group.cancelBackoff = clock.schedule(group.backoffMs, () => this.#begin(key, group));
    }
  }

  #begin(key: Child | null, group: Group): void {
    this.#groups.delete(key);
    if (key !== null) {
      if (group.members.has(key)) key.system({ kind: "begin" });
      return;
    }
    for (const child of this.#siblings) {
      if (group.members.has(child)) child.system({ kind: "begin" });
    }
  }

  #keyOf(child: Child): Child | null {
    return this.#parent.type.supervision.strategy === "one-for-one" ? child : null;
  }

  #windowOf(child: Child): RestartWindow {
    const { maxRestarts, withinMs } = this.#parent.type.supervision;
    const key = this.#keyOf(child);
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = new RestartWindow(maxRestarts, withinMs);
      this.#windows.set(key, window);
    }
    return window;
  }

  /** In the order they were spawned. */
  #affected(child: Child): Child[] {
    const { strategy } = this.#parent.type.supervision;
    if (strategy === "one-for-one") return [child];
    const siblings = this.#siblings;
    return strategy === "one-for-all" ? siblings : siblings.slice(siblings.indexOf(child));
  }

  get #siblings(): Child[] {
    return this.#parent.children?.list() ?? [];
  }
}
