/**
 * A cell is one living actor inside its system: state, mailbox, children and the rules of its life.
 *
 *     starting ──initial──▶ running ──throws──▶ suspended ──resume──▶ running
 *                                                  │
 *                       starting ◀──begin── halted ◀── halting            (a restart)
 *     from any of them:  ──stop──▶ stopping ──▶ stopped
 *
 * - halting and stopping wait until all children have stopped, the last one spawned first, one by one.
 * - A turn handles, in this order: system messages; the start of a life; then notices and messages in the
 *   order of their arrival. Only a running actor gets notices and messages; they wait meanwhile.
 * - From `stop` on the mailbox is closed: what waits and what comes becomes a dead letter.
 * - User code runs only inside `turn`, and whatever it throws stays inside.
 *
 * Parent, child and watcher talk by system messages alone, so they may come to live on different threads.
 */
import type { ActorContext, AnyActorType, Signal, StopReason } from "./actor.ts";
import { formatAddress, type ActorPath, type Address, type Incarnation } from "./address.ts";
import { Ask, type Deadlines } from "./ask.ts";
import { ContextOf } from "./context.ts";
import type { Runnable } from "./dispatcher.ts";
import { runtimeError } from "./errors.ts";
import {
  HALTED,
  HALTING,
  RUNNING,
  STARTING,
  STOPPED,
  STOPPING,
  SUSPENDED,
  type Child,
  type Failure,
  type Parent,
  type Status,
} from "./family.ts";
import type { Host } from "./host.ts";
import { Inflow } from "./inflow.ts";
import { Mailbox, type MailboxLimits } from "./mailbox.ts";
import { Notices, type Notice } from "./notices.ts";
import { Ref, type AnyRef, type Target } from "./ref.ts";
import { RunQueue } from "./run-queue.ts";
import { Supervisor } from "./supervisor.ts";
import type { SystemMessage } from "./system-message.ts";
import { ActorTimers } from "./timers.ts";

export class Cell implements Target, Runnable, Child, Parent {
  readonly host: Host;
  readonly type: AnyActorType;
  readonly parent: Parent | null;
  readonly name: string;
  readonly incarnation: Incarnation;
  readonly ref: Ref<unknown>;
  status: Status = STARTING;
  queued = false;
  failure: Failure | null = null;
  children: Map<string, Child> | null = null;
  /** Grows with each restart; what an earlier life has ordered is stale. */
  life = 0;
  readonly #args: unknown;
  readonly #mailbox: Mailbox;
  #context: ContextOf | null = null;
  #state: unknown = undefined;
  /** This life has a state: `initial` returned, `stopped` has not been called. */
  #alive = false;
  #system: RunQueue<SystemMessage> | null = null;
  #notices: Notices | null = null;
  #timers: ActorTimers | null = null;
  #supervisor: Supervisor | null = null;
  #watchers: Set<Target> | null = null;
  /** The ref by which each was watched. */
  #watched: Map<Target, AnyRef> | null = null;
  #unanswered: Set<Ask> | null = null;
  /** Messages wait; what this life has ordered does not. */
  #held = false;
  #inflow: Inflow | null = null;
  /** Children that are still to be stopped, and the one that is being waited for. */
  #toStop: Child[] | null = null;
  #waitingFor: Child | null = null;
  #ending: StopReason | null = null;

  constructor(
    host: Host,
    type: AnyActorType,
    args: unknown,
    parent: Parent | null,
    name: string,
    limits: MailboxLimits,
    incarnation: Incarnation = host.nextIncarnation(),
  ) {
    this.host = host;
    this.type = type;
    this.#args = args;
    this.parent = parent;
    this.name = name;
    this.incarnation = incarnation;
    this.#mailbox = new Mailbox(limits);
    this.ref = new Ref(this);
  }

  /** Names from the top-level ancestor down. */
  get path(): ActorPath | null {
    if (this.parent === null) return null;
    const above = this.parent.path;
    return (above === null ? this.name : `${above}/${this.name}`) as ActorPath;
  }

  get address(): Address {
    const path = this.path ?? (this.name as ActorPath);
    return formatAddress({ node: this.host.node, path, incarnation: this.incarnation });
  }

  get thread(): number {
    return this.host.thread;
  }

  /** Below this actor, on its thread, by the names from here down. */
  find(names: string, incarnation: Incarnation): Cell | null {
    const [first, ...rest] = names.split("/");
    const child = this.children?.get(first!);
    if (!(child instanceof Cell)) return null;
    if (rest.length > 0) return child.find(rest.join("/"), incarnation);
    return child.incarnation === incarnation ? child : null;
  }

  get limits(): MailboxLimits {
    return this.#mailbox.limits;
  }

  get deadlines(): Deadlines {
    return this.host.deadlines;
  }

  get timers(): ActorTimers {
    this.#timers ??= new ActorTimers(this.host.clock, (timer) => this.#notify({ kind: "timer", timer }));
    return this.#timers;
  }

  get supervisor(): Supervisor {
    this.#supervisor ??= new Supervisor(this);
    return this.#supervisor;
  }

  // ---- what comes in -------------------------------------------------------------------------------

  post(item: unknown): void {
    if (this.status >= STOPPING) this.host.undelivered(this, item, "stopped");
    else if (this.#mailbox.push(item) || this.#makeRoom(item)) this.#wake();
  }

  /** The same from another thread, which holds credit for it: the bound was kept there. */
  postFrom(thread: number, item: unknown): void {
    this.#inflow ??= new Inflow(this.host, this.incarnation, this.#mailbox.limits.capacity);
    this.#inflow.arrived(thread);
    if (this.status >= STOPPING) this.host.undelivered(this, item, "stopped");
    else if (this.#mailbox.pushBeyond(item) || this.#makeRoom(item)) this.#wake();
  }

  system(message: SystemMessage): void {
    if (this.status === STOPPED) {
      this.#answerFromTheGrave(message);
      return;
    }
    this.#system ??= new RunQueue();
    this.#system.push(message);
    if (!this.queued) this.host.dispatcher.enqueue(this);
  }

  piped(life: number, toMessage: (value: never) => unknown, value: unknown): void {
    if (this.status >= STOPPING) this.host.undelivered(this, value, "stopped");
    else if (this.life !== life) this.host.undelivered(this, value, "stale");
    else this.#notify({ kind: "piped", toMessage, value });
  }

  #notify(notice: Notice): void {
    if (this.status >= STOPPING) return;
    this.#notices ??= new Notices();
    this.#notices.add(notice, this.#mailbox.size);
    this.#wake();
  }

  #wake(): void {
    if (!this.queued && this.status <= RUNNING) this.host.dispatcher.enqueue(this);
  }

  #makeRoom(item: unknown): boolean {
    switch (this.#mailbox.limits.overflow) {
      case "fail":
        throw runtimeError("MAILBOX_FULL", `The mailbox of ${this.address} is full`, {
          location: this.address,
        });
      case "drop-newest":
        this.host.undelivered(this, item, "overflow");
        return false;
      case "drop-oldest":
        this.host.undelivered(this, this.#takeMessage(), "overflow");
        return this.#mailbox.push(item);
    }
  }

  #takeMessage(): unknown {
    if (this.#notices !== null) this.#notices.messageTaken();
    return this.#mailbox.shift();
  }

  // ---- the turn ------------------------------------------------------------------------------------

  get ready(): boolean {
    if (this.#system !== null && this.#system.size > 0) return true;
    if (this.status !== RUNNING) return this.status === STARTING;
    return (this.#mailbox.size > 0 && !this.#held) || (this.#notices !== null && this.#notices.size > 0);
  }

  turn(limit: number): number {
    let handled = 0;
    for (; handled < limit; handled++) {
      if (this.#system !== null && this.#system.size > 0) this.#steer(this.#system.shift());
      else if (this.status === STARTING) this.#start();
      else if (this.status !== RUNNING) break;
      else if (this.#notices !== null && this.#noticeReady(this.#notices)) this.#take(this.#notices.shift());
      else if (this.#mailbox.size > 0 && !this.#held) this.#receive(this.#takeMessage());
      else break;
    }
    if (this.#inflow !== null) this.#inflow.confirm(this.#mailbox.size);
    return handled;
  }

  #noticeReady(notices: Notices): boolean {
    return notices.ready || (this.#held && notices.size > 0);
  }

  #receive(item: unknown): void {
    if (item instanceof Ask) {
      this.#receiveAsk(item);
      return;
    }
    try {
      this.#accept(this.type.receive(this.#state, item, this.#context as ActorContext<unknown>));
    } catch (error) {
      this.fail(error);
    }
  }

  #receiveAsk(ask: Ask): void {
    if (ask.ended) return;
    try {
      this.#accept(this.type.receive(this.#state, ask.message, this.#context as ActorContext<unknown>));
    } catch (error) {
      ask.crashed(error);
      this.fail(error);
    }
    this.#awaitReply(ask);
  }

  #awaitReply(ask: Ask): void {
    ask.message = undefined;
    if (ask.ended) return;
    this.#unanswered ??= new Set();
    this.#unanswered.add(ask);
    ask.unanswered = this.#unanswered;
  }

  /** @throws ACTOR_RETURNED_PROMISE */
  #accept(next: unknown): void {
    if (next !== this.#state && isThenable(next)) throw promiseReturned(this, next);
    this.#state = next;
  }

  #take(notice: Notice): void {
    try {
      const context = this.#context as ActorContext<unknown>;
      if (notice.kind === "terminated") {
        const ref = this.#watched?.get(notice.target);
        if (ref === undefined) return;
        this.#watched?.delete(notice.target);
        this.#accept(this.#signal({ kind: "terminated", ref, reason: notice.reason }));
      } else if (notice.kind === "piped") {
        this.#accept(this.type.receive(this.#state, notice.toMessage(notice.value as never), context));
      } else if (this.timers.take(notice.timer)) {
        this.#accept(this.type.receive(this.#state, notice.timer.message, context));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #signal(signal: Signal): unknown {
    if (this.type.signal !== null) {
      return this.type.signal(this.#state, signal, this.#context as ActorContext<unknown>);
    }
    const cause = signal.reason.kind === "failed" ? { cause: signal.reason.error } : {};
    throw runtimeError("DEATH_PACT", `${this.address} ignores the stop of ${signal.ref.address}`, cause);
  }

  #steer(message: SystemMessage): void {
    switch (message.kind) {
      case "stop":
        this.#stop(message.reason);
        return;
      case "resume":
        this.#resume();
        return;
      case "halt":
        this.#halt(message.error);
        return;
      case "begin":
        if (this.status === HALTED) this.status = STARTING;
        return;
      case "fail":
        this.fail(message.error);
        return;
      case "failed":
        this.supervisor.failed(message.child, message.failure);
        return;
      case "halted":
        this.supervisor.halted(message.child);
        return;
      case "child-stopped":
        this.#childStopped(message.child);
        return;
      case "watch":
        this.#watchers ??= new Set();
        this.#watchers.add(message.watcher);
        return;
      case "unwatch":
        this.#watchers?.delete(message.watcher);
        return;
      case "terminated":
        if (this.#watched?.has(message.target) === true) this.#notify(message);
        return;
    }
  }

  // ---- a life --------------------------------------------------------------------------------------

  #start(): void {
    this.#context ??= new ContextOf(this);
    const restartedAfter = this.failure;
    this.failure = null;
    this.status = RUNNING;
    try {
      const state = this.type.initial(this.#args, this.#context);
      if (isThenable(state)) throw promiseReturned(this, state);
      this.#state = state;
      this.#alive = true;
      this.host.started(this, restartedAfter);
    } catch (error) {
      this.fail(error);
    }
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Suspends the actor and leaves the rest to its supervisor. The root has none: there it goes no further. */
  fail(error: unknown): void {
    if (this.status > RUNNING || this.parent === null) return;
    this.status = SUSPENDED;
    this.failure = { error, escalated: false };
    this.parent.system({ kind: "failed", child: this, failure: this.failure });
  }

  #resume(): void {
    if (this.status !== SUSPENDED) return;
    this.status = RUNNING;
    this.failure = null;
    for (const child of this.children?.values() ?? []) {
      if (child.failure?.escalated === true) child.system({ kind: "resume" });
    }
  }

  #halt(error: unknown): void {
    if (this.status >= HALTING) return;
    this.status = HALTING;
    this.failure = { error, escalated: false };
    this.#endOrders();
    this.#unanswered?.forEach((ask) => ask.crashed(error));
    this.#ending = { kind: "restarted", error };
    this.#stopChildren();
  }

  #stop(reason: StopReason): void {
    if (this.status >= STOPPING) return;
    const childrenStopAlready = this.status === HALTING;
    this.status = STOPPING;
    this.#ending = reason;
    this.#endOrders();
    this.#unanswered?.forEach((ask) => ask.stopped());
    while (this.#mailbox.size > 0) this.host.undelivered(this, this.#mailbox.shift(), "stopped");
    if (!childrenStopAlready) this.#stopChildren();
  }

  /** Ends what this life has ordered: timers, watches, piped results, restarts of children. */
  #endOrders(): void {
    this.life += 1;
    this.#held = false;
    this.#timers?.cancelAll();
    this.#supervisor?.abandon();
    for (const target of this.#watched?.keys() ?? []) target.system({ kind: "unwatch", watcher: this });
    this.#watched = null;
    while (this.#notices !== null && this.#notices.size > 0) {
      const notice = this.#notices.shift();
      if (notice.kind === "piped") this.host.undelivered(this, notice.value, "stale");
    }
    this.#notices = null;
  }

  #stopChildren(): void {
    this.#toStop = [...(this.children?.values() ?? [])];
    this.#stopNextChild();
  }

  #stopNextChild(): void {
    for (let child = this.#toStop?.pop(); child !== undefined; child = this.#toStop?.pop()) {
      if (this.children?.get(child.name) !== child) continue;
      this.#waitingFor = child;
      child.system({ kind: "stop", reason: this.#ending?.kind === "shutdown" ? SHUTDOWN : PARENT_STOPPED });
      return;
    }
    this.#toStop = null;
    this.#waitingFor = null;
    this.#endLife();
    if (this.status === HALTING) this.#halted();
    else this.#stopped();
  }

  #childStopped(child: Child): void {
    this.children?.delete(child.name);
    this.#supervisor?.childStopped(child);
    if (this.#waitingFor === child) this.#stopNextChild();
  }

  #endLife(): void {
    if (!this.#alive) return;
    this.#alive = false;
    try {
      this.type.stopped?.(this.#state, this.#ending!, this.#context as ActorContext<unknown>);
    } catch (error) {
      this.host.events.publish({ kind: "stopped-hook-failed", address: this.address, error });
    }
    // Whatever `stopped` has ordered ends with the life too.
    this.#endOrders();
    this.#state = undefined;
  }

  #halted(): void {
    this.status = HALTED;
    this.parent?.system({ kind: "halted", child: this });
  }

  #stopped(): void {
    this.status = STOPPED;
    const reason = this.#ending!;
    // The parent first: who learns of the stop may spawn under the same name again.
    this.parent?.system({ kind: "child-stopped", child: this });
    for (const watcher of this.#watchers ?? []) watcher.system({ kind: "terminated", target: this, reason });
    this.#watchers = null;
    this.children = null;
    while (this.#system !== null && this.#system.size > 0) this.#answerFromTheGrave(this.#system.shift());
    this.host.stopped(this, reason);
  }

  #answerFromTheGrave(message: SystemMessage): void {
    if (message.kind !== "watch") return;
    message.watcher.system({ kind: "terminated", target: this, reason: this.#ending! });
  }

  // ---- what the context asks for -------------------------------------------------------------------

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  watch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (target === this) return;
    this.#watched ??= new Map();
    this.#watched.set(target, ref);
    target.system({ kind: "watch", watcher: this });
  }

  unwatch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (this.#watched?.delete(target) === true) target.system({ kind: "unwatch", watcher: this });
  }
}

const SHUTDOWN: StopReason = { kind: "shutdown" };
const PARENT_STOPPED: StopReason = { kind: "parent-stopped" };

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

function promiseReturned(cell: Cell, promise: PromiseLike<unknown>): Error {
  // Its rejection is nobody's any more, and must not end the process.
  promise.then(undefined, () => undefined);
  return runtimeError("ACTOR_RETURNED_PROMISE", `${cell.type.name} returned a promise`, {
    location: cell.address,
  });
}
