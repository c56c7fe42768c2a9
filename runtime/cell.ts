/**
 * A cell is one living actor inside its system: state, mailbox, children and the rules of its life.
 *
 *                              ▲│ sends to a full mailbox that makes it wait
 *                              │▼
 *                            paused
 *     starting ──initial──▶ running ──throws──▶ suspended ──resume──▶ running
 *                                                  │
 *                       starting ◀──begin── halted ◀── halting            (a restart)
 *     from any of them:  ──stop──▶ stopping ──▶ stopped
 *
 * - halting and stopping wait until all children have stopped, the last one spawned first, one by one.
 * - A turn handles, in this order: system messages; the start of a life; what was taken back from the stash;
 *   then notices and messages in the order of their arrival (or of their priority). Only a running actor gets
 *   notices and messages; they wait meanwhile.
 * - From `stop` on the mailbox is closed: what waits and what comes becomes a dead letter.
 * - User code runs only inside `turn`, and whatever it throws stays inside.
 *
 * Parent, child and watcher talk by system messages alone, so they may come to live on different threads.
 */
import type { ActorContext, AnyActorType, Signal, StopReason } from "./actor.ts";
import { automaticName, formatAddress, type ActorPath, type Address, type Incarnation } from "./address.ts";
import { Ask, type Deadlines } from "./ask.ts";
import type { Children } from "./children.ts";
import { ContextOf } from "./context.ts";
import type { Runnable } from "./dispatcher.ts";
import { runtimeError } from "./errors.ts";
import {
  HALTED,
  HALTING,
  PAUSED,
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
import { PriorityMailbox } from "./priority-mailbox.ts";
import { ReceiveTimeout } from "./receive-timeout.ts";
import { Ref, type AnyRef, type Target } from "./ref.ts";
import { Pause, Room, type RoomWaiter } from "./room.ts";
import { RunQueue } from "./run-queue.ts";
import { Stash } from "./stash.ts";
import { Supervisor } from "./supervisor.ts";
import type { SystemMessage } from "./system-message.ts";
import { ActorTimers } from "./timers.ts";

export class Cell implements Target, Runnable, Child, Parent {
  readonly host: Host;
  readonly type: AnyActorType;
  readonly parent: Parent | null;
  readonly incarnation: Incarnation;
  readonly ref: Ref<unknown>;
  status: Status = STARTING;
  queued = false;
  failure: Failure | null = null;
  children: Children | null = null;
  siblingBefore: Child | null = null;
  siblingAfter: Child | null = null;
  isListed = false;
  /** The number of an automatic name, which is written out only when it is asked for. */
  readonly #name: string | number;
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
  /** The ref by which each was watched. By address: one actor may stand behind several targets. */
  #watched: Map<Address, AnyRef> | null = null;
  #links: Map<Address, Target> | null = null;
  #unanswered: Set<Ask> | null = null;
  /** Messages wait; what this life has ordered does not, save the stop after all that waits. */
  #held: boolean | "draining" = false;
  #stash: Stash | null = null;
  #receiveTimeout: ReceiveTimeout | null = null;
  /** Who waits for room in this mailbox. */
  #room: Room | null = null;
  /** This actor's own waiting for room elsewhere. */
  #pause: Pause | null = null;
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
    name: string | number,
    limits: MailboxLimits,
    incarnation: Incarnation = host.nextIncarnation(),
  ) {
    this.host = host;
    const meter =
      host.telemetry === null || parent === null ? null : host.telemetry.measure(this, type, limits);
    this.type = meter ?? type;
    this.#args = args;
    this.parent = parent;
    this.#name = name;
    this.incarnation = incarnation;
    const { priority } = type.mailbox;
    this.#mailbox =
      meter !== null
        ? meter.letters
        : priority === undefined
          ? new Mailbox(limits)
          : new PriorityMailbox(limits, priority);
    this.ref = new Ref(this);
  }

  get name(): string {
    return typeof this.#name === "number" ? automaticName(this.#name) : this.#name;
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

  /**
   * Goes down by names, as far as they lead on this thread.
   * @returns whom they led to, and the names that are left because it lives on another thread.
   */
  find(names: readonly string[]): { readonly child: Child; readonly rest: readonly string[] } | null {
    const [name, ...rest] = names;
    const child = this.children?.get(name!);
    if (child === undefined) return null;
    return rest.length > 0 && child instanceof Cell ? child.find(rest) : { child, rest };
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
      case "wait":
        this.#room ??= new Room();
        pauseSender(this.host, this, this.#room);
        return this.#mailbox.pushBeyond(item);
    }
  }

  /** Its thread is about to end. */
  abandon(): void {
    const stashed = this.#stash?.drain() ?? [];
    for (const message of stashed) this.host.undelivered(this, message, "thread-lost");
    while (this.#mailbox.size > 0) this.host.undelivered(this, this.#mailbox.shift(), "thread-lost");
  }

  /** How many messages wait. */
  get waiting(): number {
    return this.#mailbox.size;
  }

  /** Lets `waiter` in as soon as there is room; at once when there is, or when nothing is taken any more. */
  waitForRoom(waiter: RoomWaiter): void {
    if (this.status >= STOPPING || this.#mailbox.size < this.limits.capacity) waiter.letIn();
    else (this.#room ??= new Room()).add(waiter);
  }

  /** Handles nothing more, after the message in hand, until `room` lets it in. */
  pauseFor(room: Room): void {
    // Whose life ends right now cannot be kept from it.
    if (this.status !== RUNNING && this.status !== PAUSED) return;
    this.status = PAUSED;
    this.#pause ??= new Pause((pause) => this.#unpause(pause));
    this.#pause.waitFor(room);
  }

  #unpause(pause: Pause): void {
    if (this.#pause !== pause) return;
    this.#pause = null;
    this.status = RUNNING;
    this.#wake();
  }

  #takeMessage(): unknown {
    if (this.#notices !== null) this.#notices.messageTaken();
    if (this.#receiveTimeout !== null) this.#receiveTimeout.touch();
    return this.#mailbox.shift();
  }

  // ---- the turn ------------------------------------------------------------------------------------

  get ready(): boolean {
    if (this.#system !== null && this.#system.size > 0) return true;
    if (this.status !== RUNNING) return this.status === STARTING;
    if (this.#notices !== null && this.#notices.size > 0) return true;
    return !this.#held && (this.#mailbox.size > 0 || (this.#stash !== null && this.#stash.back > 0));
  }

  turn(limit: number): number {
    let handled = 0;
    for (; handled < limit; handled++) {
      if (this.#system !== null && this.#system.size > 0) this.#steer(this.#system.shift());
      else if (this.status === STARTING) this.#start();
      else if (this.status !== RUNNING) break;
      else if (this.#stash !== null && this.#stash.back > 0 && !this.#held)
        this.#receive(this.#stash.shift());
      else if (this.#notices !== null && this.#noticeReady(this.#notices)) this.#take(this.#notices.shift());
      else if (this.#mailbox.size > 0 && !this.#held) this.#receive(this.#takeMessage());
      else break;
    }
    if (this.#inflow !== null) this.#inflow.confirm(this.#mailbox.size);
    if (this.#room !== null) this.#openRoom();
    return handled;
  }

  #openRoom(): void {
    if (this.status < STOPPING && this.#mailbox.size >= this.limits.capacity) return;
    const room = this.#room!;
    this.#room = null;
    room.open();
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
        const { address } = notice.target;
        const ref = this.#watched?.get(address);
        if (ref === undefined) return;
        this.#watched?.delete(address);
        this.#accept(this.#signal({ kind: "terminated", ref, reason: notice.reason }));
      } else if (notice.kind === "drained") {
        this.#drained();
      } else if (notice.kind === "idle") {
        if (this.#receiveTimeout !== notice.timeout || !notice.timeout.take()) return;
        this.#accept(this.type.receive(this.#state, notice.timeout.message, context));
      } else if (notice.kind === "piped") {
        if (this.#receiveTimeout !== null) this.#receiveTimeout.touch();
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
        if (message.reason.kind === "drained") this.#notify({ kind: "drained" });
        else this.#stop(message.reason);
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
      case "link":
        this.#linkTo(message.peer);
        return;
      case "unlink":
        this.#links?.delete(message.peer.address);
        this.#forget(message.peer);
        return;
      case "terminated":
        this.#linkEnded(message.target, message.reason);
        if (this.#watched?.has(message.target.address) === true) this.#notify(message);
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
    if (this.status > PAUSED || this.parent === null) return;
    this.#pause = null;
    this.status = SUSPENDED;
    this.failure = { error, escalated: false };
    this.host.telemetry?.failed(this);
    this.parent.system({ kind: "failed", child: this, failure: this.failure });
  }

  #resume(): void {
    if (this.status !== SUSPENDED) return;
    this.status = RUNNING;
    this.failure = null;
    for (const child of this.children?.list() ?? []) {
      if (child.failure?.escalated === true) child.system({ kind: "resume" });
    }
  }

  #halt(error: unknown): void {
    if (this.status >= HALTING) return;
    this.#pause = null;
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
    this.#pause = null;
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
    let draining = this.#held === "draining";
    this.#held = false;
    this.#timers?.cancelAll();
    this.cancelReceiveTimeout();
    this.#supervisor?.abandon();
    const watched = this.#watched;
    this.#watched = null;
    for (const ref of watched?.values() ?? []) this.#forget(Ref.targetOf(ref));
    while (this.#notices !== null && this.#notices.size > 0) {
      const notice = this.#notices.shift();
      if (notice.kind === "piped") this.host.undelivered(this, notice.value, "stale");
      else if (notice.kind === "drained") draining = true;
    }
    this.#notices = null;
    if (draining) this.#notify({ kind: "drained" });
    const stashed = this.#stash;
    this.#stash = null;
    for (const message of stashed?.drain() ?? []) this.host.undelivered(this, message, "stashed");
  }

  #stopChildren(): void {
    this.#toStop = this.children?.list() ?? [];
    this.#stopNextChild();
  }

  #stopNextChild(): void {
    for (let child = this.#toStop?.pop(); child !== undefined; child = this.#toStop?.pop()) {
      if (!child.isListed) continue;
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
    this.children?.delete(child);
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
    for (const peer of this.#links?.values() ?? []) peer.system({ kind: "unwatch", watcher: this });
    this.#links = null;
    this.children = null;
    while (this.#system !== null && this.#system.size > 0) this.#answerFromTheGrave(this.#system.shift());
    this.host.stopped(this, reason);
  }

  #answerFromTheGrave(message: SystemMessage): void {
    const asker = message.kind === "watch" ? message.watcher : message.kind === "link" ? message.peer : null;
    asker?.system({ kind: "terminated", target: this, reason: this.#ending! });
  }

  // ---- links ---------------------------------------------------------------------------------------

  #linkTo(peer: Target): void {
    const { address } = peer;
    if (this.#links?.has(address) === true) return;
    this.#links ??= new Map();
    this.#links.set(address, peer);
    peer.system({ kind: "watch", watcher: this });
  }

  #linkEnded(peer: Target, reason: StopReason): void {
    if (this.#links?.delete(peer.address) !== true) return;
    if (reason.kind !== "failed" && reason.kind !== "unknown") return;
    const cause = reason.kind === "failed" ? { cause: reason.error } : {};
    this.fail(
      runtimeError("LINK_BROKEN", `${this.address} is linked to ${peer.address}, which is gone`, cause),
    );
  }

  /** No end of `target` need be told any more, unless it is watched or linked still. */
  #forget(target: Target): void {
    const { address } = target;
    if (this.#watched?.has(address) === true || this.#links?.has(address) === true) return;
    target.system({ kind: "unwatch", watcher: this });
  }

  // ---- what the context asks for -------------------------------------------------------------------

  hold(): void {
    this.#held = true;
  }

  release(): void {
    const draining = this.#held === "draining";
    this.#held = false;
    if (draining) this.#notify({ kind: "drained" });
  }

  #drained(): void {
    if (this.#held && this.#mailbox.size > 0) this.#held = "draining";
    else this.#stop(DRAINED);
  }

  stash(message: unknown): void {
    this.#stash ??= new Stash(this.limits.capacity);
    this.#stash.add(message);
  }

  unstash(): void {
    this.#stash?.putBack();
  }

  receiveTimeout(idleMs: number, message: unknown): void {
    this.cancelReceiveTimeout();
    this.#receiveTimeout = new ReceiveTimeout(this.host.clock, idleMs, message, (timeout) =>
      this.#notify({ kind: "idle", timeout }),
    );
  }

  cancelReceiveTimeout(): void {
    this.#receiveTimeout?.cancel();
    this.#receiveTimeout = null;
  }

  link(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (target.address === this.address) return;
    this.#linkTo(target);
    target.system({ kind: "link", peer: this });
  }

  unlink(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (this.#links?.delete(target.address) !== true) return;
    this.#forget(target);
    target.system({ kind: "unlink", peer: this });
  }

  watch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    const { address } = target;
    if (address === this.address) return;
    this.#watched ??= new Map();
    this.#watched.set(address, ref);
    target.system({ kind: "watch", watcher: this });
  }

  unwatch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (this.#watched?.delete(target.address) === true) this.#forget(target);
  }
}

/**
 * Pauses the actor whose turn it is, since it sends to a full mailbox; whoever else sends is refused.
 * @throws MAILBOX_FULL
 */
export function pauseSender(host: Host, to: Target, room: Room): void {
  const sender = host.dispatcher.current;
  if (!(sender instanceof Cell) || sender === to) {
    throw runtimeError("MAILBOX_FULL", `The mailbox of ${to.address} is full`, { location: to.address });
  }
  sender.pauseFor(room);
}

const DRAINED: StopReason = { kind: "drained" };
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
