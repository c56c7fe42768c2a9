/**
 * A cell is one living actor inside its system: its state and the way of a message to it, from `post` by the
 * turn to `receive`. Beside it stand: where messages wait (`inbox.ts`), what few actors have (`extras.ts`), what
 * system messages do (`steer.ts`), and how a life ends (`ending.ts`). A million actors pay for each field here.
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
import type { AnyActorType, Signal, StopReason } from "./actor.ts";
import { automaticName, formatAddress, type ActorPath, type Address, type Incarnation } from "./address.ts";
import { Ask, type Deadlines } from "./ask.ts";
import type { Children } from "./children.ts";
import { ContextOf } from "./context.ts";
import { isThenable, type Random } from "./contracts/index.ts";
import type { Runnable } from "./dispatcher.ts";
import { answerFromTheGrave, stop } from "./ending.ts";
import { runtimeError } from "./errors.ts";
import { Extras } from "./extras.ts";
import {
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
import { Inbox, mailboxFor } from "./inbox.ts";
import { Inflow } from "./inflow.ts";
import type { MailboxLimits } from "./mailbox.ts";
import type { Notice } from "./notices.ts";
import { Orders } from "./orders.ts";
import { Ref, type Target } from "./ref.ts";
import { Refusal } from "./refusal.ts";
import { promiseReturned } from "./returned-promise.ts";
import { Pause, Room, type RoomWaiter } from "./room.ts";
import { steer } from "./steer.ts";
import { Supervisor } from "./supervisor.ts";
import type { SystemMessage } from "./system-message.ts";
import { Ties } from "./ties.ts";

/** In the place of a state. */
const NO_STATE = Symbol("no state");
const DRAINED: StopReason = { kind: "drained" };

export class Cell extends Inbox implements Target, Runnable, Child, Parent {
  readonly host: Host;
  type: AnyActorType;
  readonly parent: Parent | null;
  readonly incarnation: Incarnation;
  readonly ref: Ref<unknown>;
  status: Status = STARTING;
  queued = false;
  next: Runnable | null = null;
  siblingBefore: Child | null = null;
  siblingAfter: Child | null = null;
  isListed = false;
  /** The number of an automatic name, which is written out only when it is asked for. */
  readonly #name: string | number;
  readonly #args: unknown;
  /** Made with the cell: that is cheaper than to write it into one that has grown old. */
  readonly #context: ContextOf;
  /** From the return of `initial` until `stopped` is called. */
  #state: unknown = NO_STATE;
  /** Made with the first part of it that is needed, by `more`. */
  extras: Extras | null = null;

  constructor(
    host: Host,
    type: AnyActorType,
    args: unknown,
    parent: Parent | null,
    name: string | number,
    limits: MailboxLimits,
    incarnation: Incarnation = host.nextIncarnation(),
  ) {
    super();
    this.host = host;
    const meter =
      host.telemetry === null || parent === null ? null : host.telemetry.measure(this, type, limits);
    this.type = meter ?? type;
    this.#args = args;
    this.parent = parent;
    this.#name = name;
    this.incarnation = incarnation;
    if (meter !== null) this.useMailbox(meter.letters);
    else if (limits !== type.mailbox) this.useMailbox(mailboxFor(type, limits));
    this.#context = new ContextOf(this);
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

  get deadlines(): Deadlines {
    return this.host.deadlines;
  }

  // ---- what few actors have ------------------------------------------------------------------------

  get more(): Extras {
    return (this.extras ??= new Extras());
  }

  get children(): Children | null {
    return this.extras === null ? null : this.extras.children;
  }

  set children(children: Children | null) {
    this.more.children = children;
  }

  get failure(): Failure | null {
    return this.extras === null ? null : this.extras.failure;
  }

  set failure(failure: Failure | null) {
    this.more.failure = failure;
  }

  /** Which of its lives this is; what an earlier one has ordered is stale. */
  get life(): number {
    return this.extras === null ? 0 : this.extras.life;
  }

  get orders(): Orders {
    return (this.more.orders ??= new Orders(this));
  }

  get ties(): Ties {
    return (this.more.ties ??= new Ties(this));
  }

  get supervisor(): Supervisor {
    return (this.more.supervisor ??= new Supervisor(this));
  }

  get random(): Random {
    return (this.more.random ??= this.host.random.fork(this.path ?? ""));
  }

  // ---- what comes in -------------------------------------------------------------------------------

  post(item: unknown): void {
    if (this.status >= STOPPING) this.host.undelivered(this, item, "stopped");
    else if (this.push(item) || this.#makeRoom(item)) this.#wake();
  }

  /** A node whose messages came here is lost. */
  lostPeer(peer: number): void {
    this.extras?.inflow?.forget(peer);
  }

  /** The same from another thread or node, which holds credit for it: the bound was kept there. */
  postFrom(peer: number, item: unknown): void {
    const extras = this.more;
    extras.inflow ??= new Inflow(this.host, this.incarnation, this.limits.capacity);
    extras.inflow.arrived(peer);
    if (this.status >= STOPPING) this.host.undelivered(this, item, "stopped");
    else if (this.pushBeyond(item) || this.#makeRoom(item)) this.#wake();
  }

  system(message: SystemMessage): void {
    if (this.status === STOPPED) {
      answerFromTheGrave(this, message);
      return;
    }
    this.more.system.push(message);
    if (!this.queued) this.host.dispatcher.enqueue(this);
  }

  piped(life: number, toMessage: (value: never) => unknown, value: unknown): void {
    if (this.status >= STOPPING) this.host.undelivered(this, value, "stopped");
    else if (this.life !== life) this.host.undelivered(this, value, "stale");
    else this.notify({ kind: "piped", toMessage, value });
  }

  /** Something that this life has ordered has come about. */
  notify(notice: Notice): void {
    if (this.status >= STOPPING) return;
    this.orders.notice(notice);
    this.#wake();
  }

  #wake(): void {
    if (!this.queued && this.status <= RUNNING) this.host.dispatcher.enqueue(this);
  }

  /** Its thread is about to end. */
  abandon(): void {
    for (const message of this.extras?.orders?.stashed() ?? [])
      this.host.undelivered(this, message, "thread-lost");
    this.emptyMailbox("thread-lost");
  }

  emptyMailbox(reason: "stopped" | "thread-lost"): void {
    while (this.waiting > 0) this.host.undelivered(this, this.shift(), reason);
  }

  #makeRoom(item: unknown): boolean {
    switch (this.limits.overflow) {
      case "fail":
        throw mailboxFull(this);
      case "drop-newest":
        this.host.undelivered(this, item, "overflow");
        return false;
      case "drop-oldest":
        this.extras?.orders?.messageTaken();
        this.host.undelivered(this, this.shift(), "overflow");
        return this.push(item);
      case "wait":
        pauseSender(this.host, this, (this.more.room ??= new Room()));
        return this.pushBeyond(item);
    }
  }

  /** Lets `waiter` in as soon as there is room; at once when there is, or when nothing is taken any more. */
  waitForRoom(waiter: RoomWaiter): void {
    if (this.status >= STOPPING || !this.isFull) waiter.letIn();
    else (this.more.room ??= new Room()).add(waiter);
  }

  #openRoom(extras: Extras): void {
    const { room } = extras;
    if (room === null || (this.status < STOPPING && this.isFull)) return;
    extras.room = null;
    room.open();
  }

  /** Handles nothing more, after the message in hand, until `room` lets it in. */
  pauseFor(room: Room): void {
    // Whose life ends right now cannot be kept from it.
    if (this.status !== RUNNING && this.status !== PAUSED) return;
    this.status = PAUSED;
    const extras = this.more;
    extras.pause ??= new Pause((pause) => this.#unpause(pause));
    extras.pause.waitFor(room);
  }

  #unpause(pause: Pause): void {
    if (this.more.pause !== pause) return;
    this.more.pause = null;
    this.status = RUNNING;
    this.#wake();
  }

  // ---- the turn ------------------------------------------------------------------------------------

  get ready(): boolean {
    const extras = this.extras;
    if (extras !== null && extras.system.size > 0) return true;
    if (this.status !== RUNNING) return this.status === STARTING;
    const { waiting } = this;
    return extras === null || extras.orders === null ? waiting > 0 : extras.orders.ready(waiting);
  }

  turn(limit: number): number {
    let handled = 0;
    for (; handled < limit; handled++) {
      const extras = this.extras;
      if (extras !== null && extras.system.size > 0) steer(this, extras, extras.system.shift());
      else if (this.status === STARTING) this.#start();
      else if (this.status !== RUNNING) break;
      else if (extras !== null && extras.orders !== null) {
        if (!this.#step(extras.orders)) break;
      } else if (this.waiting > 0) this.#receive(this.shift());
      else break;
    }
    if (this.extras !== null) {
      this.extras.inflow?.confirm(this.waiting);
      this.#openRoom(this.extras);
    }
    return handled;
  }

  /** What comes next where this life has ordered something. @returns false: nothing does. */
  #step(orders: Orders): boolean {
    if (orders.stashReady) this.#receive(orders.takeStashed());
    else if (orders.noticeReady) this.#take(orders.takeNotice(), orders);
    else if (this.waiting > 0 && !orders.isHeld) {
      orders.messageTaken();
      this.#receive(this.shift());
    } else return false;
    return true;
  }

  // This and the next one call the actor without a step between: an error captures its stack, frame by frame.
  #receive(item: unknown): void {
    if (item instanceof Ask) {
      this.#receiveAsk(item);
      return;
    }
    try {
      this.#accept(this.type.receive(this.#state, item, this.#context));
    } catch (error) {
      this.fail(error);
    }
  }

  #receiveAsk(ask: Ask): void {
    if (ask.ended) return;
    const { dispatcher } = this.host;
    dispatcher.question = ask;
    try {
      this.#accept(this.type.receive(this.#state, ask.message, this.#context));
    } catch (error) {
      this.#failAsk(ask, error);
      this.fail(error);
    }
    // One that was passed on is somebody else's to answer.
    if (dispatcher.question !== ask) return;
    dispatcher.question = null;
    this.#awaitReply(ask);
  }

  #failAsk(ask: Ask, error: unknown): void {
    if (this.host.dispatcher.question !== ask) return;
    if (error instanceof Refusal) ask.fail(error.by(this.address));
    else ask.crashed(error);
  }

  /** It keeps its message meanwhile: what is refused later is found by it. */
  #awaitReply(ask: Ask): void {
    if (ask.ended) return;
    ask.unanswered = this.more.unanswered ??= new Set();
    ask.unanswered.add(ask);
  }

  /** @throws ACTOR_RETURNED_PROMISE, and whatever the actor throws */
  #handle(message: unknown): void {
    this.#accept(this.type.receive(this.#state, message, this.#context));
  }

  /** @throws ACTOR_RETURNED_PROMISE */
  #accept(next: unknown): void {
    if (next !== this.#state && isThenable(next)) throw promiseReturned(this.type.name, this.address, next);
    this.#state = next;
  }

  #take(notice: Notice, orders: Orders): void {
    try {
      if (notice.kind === "terminated") {
        const ref = this.ties.takeWatched(notice.target);
        if (ref !== undefined) this.#signal({ kind: "terminated", ref, reason: notice.reason });
      } else if (notice.kind === "drained") {
        if (!orders.keepDrain()) stop(this, this.more, DRAINED);
      } else if (notice.kind === "idle") {
        if (orders.idleTaken(notice.timeout)) this.#handle(notice.timeout.message);
      } else if (notice.kind === "piped") {
        orders.pipedTaken();
        this.#handle(notice.toMessage(notice.value as never));
      } else if (orders.timers.take(notice.timer)) this.#handle(notice.timer.message);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @throws DEATH_PACT, and whatever the actor throws */
  #signal(signal: Signal): void {
    if (this.type.signal === null) {
      const cause = signal.reason.kind === "failed" ? { cause: signal.reason.error } : {};
      throw runtimeError("DEATH_PACT", `${this.address} ignores the stop of ${signal.ref.address}`, cause);
    }
    this.#accept(this.type.signal(this.#state, signal, this.#context));
  }

  // ---- a life --------------------------------------------------------------------------------------

  #start(): void {
    const restartedAfter = this.failure;
    if (restartedAfter !== null) this.failure = null;
    this.status = RUNNING;
    try {
      const state = this.type.initial(this.#args, this.#context);
      if (isThenable(state)) throw promiseReturned(this.type.name, this.address, state);
      this.#state = state;
      this.host.started(this, restartedAfter);
    } catch (error) {
      this.fail(error);
    }
  }

  get alive(): boolean {
    return this.#state !== NO_STATE;
  }

  /** Undefined between two lives. */
  get state(): unknown {
    return this.alive ? this.#state : undefined;
  }

  /** Suspends the actor and leaves the rest to its supervisor. The root has none: there it goes no further. */
  fail(error: unknown): void {
    if (error instanceof Refusal) {
      this.#refuse(error);
      return;
    }
    if (this.status > PAUSED || this.parent === null) return;
    const extras = this.more;
    extras.pause = null;
    this.status = SUSPENDED;
    const failure = (extras.failure = { error, escalated: false });
    this.host.telemetry?.failed(this);
    this.parent.system({ kind: "failed", child: this, failure });
  }

  #refuse(refusal: Refusal): void {
    for (const message of refusal.messages) this.host.undelivered(this, message, "refused");
    const { address, host } = this;
    const error = refusal.by(address);
    this.#tellAskers(refusal, error);
    host.events.publish({ kind: "actor-failed", address, error, directive: "resume" });
  }

  /** Of questions that were taken before, and are refused only now. */
  #tellAskers(refusal: Refusal, error: Error): void {
    const unanswered = this.extras?.unanswered;
    if (unanswered === null || unanswered === undefined) return;
    const refused = new Set(refusal.messages);
    for (const ask of unanswered) if (refused.has(ask.message)) ask.fail(error);
  }

  /** Ends this life, if it has a state, by the actor's own `stopped`. */
  endLife(reason: StopReason): void {
    const state = this.#state;
    if (state === NO_STATE) return;
    this.#state = NO_STATE;
    try {
      const returned: unknown = this.type.stopped?.(state, reason, this.#context);
      if (isThenable(returned)) throw promiseReturned(this.type.name, this.address, returned);
    } catch (error) {
      this.host.events.publish({ kind: "stopped-hook-failed", address: this.address, error });
    }
  }
}

/**
 * Pauses the actor whose turn it is, since it sends to a full mailbox; whoever else sends is refused.
 * @throws MAILBOX_FULL
 */
export function pauseSender(host: Host, to: Target, room: Room): void {
  const sender = host.dispatcher.current;
  if (!(sender instanceof Cell) || sender === to) {
    throw mailboxFull(to);
  }
  sender.pauseFor(room);
}

function mailboxFull({ address }: Target): Error {
  return runtimeError("MAILBOX_FULL", `The mailbox of ${address} is full`, { location: address });
}
