/**
 * An actor system: one tree of actors under a root that supervises the top-level ones. The root lives on the
 * thread that made the system; with `threads`, actors may be placed on worker threads as well.
 *
 * The root cannot fail: what is escalated to it stops the top-level actor concerned and is published as
 * `escalated-to-root`. A system without threads holds no timer, socket or handle that keeps the process
 * alive; one with threads keeps it alive until `shutdown`, as worker threads do.
 */
import { actor, type AnyActorType, type Spawner, type SpawnOptions, type StopReason } from "./actor.ts";
import { parseAddress } from "./address.ts";
import type { ActorPath, Address, Incarnation, NodeName } from "./address.ts";
import type { App } from "./app.ts";
import { Ask, Deadlines, type AskOptions } from "./ask.ts";
import { Cell } from "./cell.ts";
import {
  isBetween,
  isObject,
  MyriadError,
  shown,
  type Clock,
  type Journal,
  type Random,
} from "./contracts/index.ts";
import { DeadLetters, type DeadLetter, type DeadLetterReason } from "./dead-letters.ts";
import { FairDispatcher, type Dispatcher } from "./dispatcher.ts";
import { runtimeError } from "./errors.ts";
import { EventStream } from "./event-stream.ts";
import { EVENT_KINDS, type RuntimeEvent } from "./events.ts";
import { RUNNING, STOPPED, type Child, type Failure } from "./family.ts";
import type { Host } from "./host.ts";
import type { MailboxLimits } from "./mailbox.ts";
import { checkPlacement, type Placement } from "./placement.ts";
import { parseWhereabouts } from "./nodes/whereabouts.ts";
import { withNodes } from "./nodes/with-nodes.ts";
import { Nobody } from "./nobody.ts";
import { Ref, type ActorRef, type AnyRef, type Target } from "./ref.ts";
import { spawnChild } from "./spawn.ts";
import type { Supervision } from "./supervision.ts";
import { systemRules, type SystemOptions, type SystemRules } from "./system-options.ts";
import { ThreadTelemetry, type Telemetry } from "./telemetry/thread-telemetry.ts";
import type { Crew } from "./threads/crew.ts";
import { MAX_THREAD_NUMBERS } from "./threads/early-frames.ts";
import type { Mesh } from "./threads/mesh.ts";
import type { Seats } from "./threads/seats.ts";
import type { ThreadTransport } from "./threads/thread-options.ts";
import { withThreads } from "./threads/with-threads.ts";

/** A running tree of actors, as the code around it sees it; inside an actor it is `ctx.system`. */
export interface ActorSystem extends Spawner {
  readonly node: NodeName;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventStream<RuntimeEvent>;
  readonly deadLetters: Pick<DeadLetters, "total" | "list" | "clear" | "replay">;
  /** Of this thread. */
  readonly journal: Journal | null;
  /** Null: it was not asked for. */
  readonly telemetry: Telemetry | null;
  /** Whether no actor has anything to handle right now. */
  readonly idle: boolean;
  /** What this system runs on. */
  info(): SystemInfo;
  /** Resolves when the actor and all below it have stopped; at once if they have. */
  stop(ref: AnyRef): Promise<StopReason>;
  /**
   * A ref for an address, which may be another node's. If no such actor is alive, tells to it become dead letters (`unknown`), asks
   * reject at once and a watch is answered with reason `unknown`.
   * @throws ADDRESS_INVALID
   */
  resolve(address: string): ActorRef<unknown>;
  /**
   * Asks who lives at `node/path` now, on this node or another one; null: nobody. An actor below one that
   * lives on another thread is not found. A node that was lost over the question is asked once more.
   * @param where for example `local/sessions/a1`.
   * @throws (rejects) ADDRESS_INVALID; of another node also ASK_TIMEOUT, ASK_TARGET_FAILED (NODE_LOST), and
   *   ASK_TARGET_UNKNOWN when this system has no other nodes; SYSTEM_STOPPED after `shutdown`
   */
  find(where: string, options?: AskOptions): Promise<ActorRef<unknown> | null>;
  /**
   * Stops all actors, children before parents, the youngest sibling first. Asks that still wait then fail.
   * Every call gives the same promise.
   * @throws (rejects) SHUTDOWN_DEADLINE when some have not stopped `deadlineMs` (default 5,000) later; they
   *   get no further turn. TRANSPORT_FAILED when all have, but the transport to other nodes did not close.
   *   SYSTEM_INVALID for a deadline that makes no sense; then nothing is stopped.
   */
  shutdown(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** What a system runs on, at this moment. */
export interface SystemInfo {
  /** For example `node 20.20.2`. */
  readonly runtime: string;
  /** How messages cross threads; null without threads. */
  readonly transport: ThreadTransport | null;
  /** Other nodes that were ever heard of, and whether they are reached just now; known on the main thread. */
  readonly nodes: readonly { readonly node: string; readonly reached: boolean }[];
  /** Slot 0 is the main thread; `number` changes when a lost thread is replaced. */
  readonly threads: readonly { readonly slot: number; readonly number: number; readonly ready: boolean }[];
}

/**
 * Starts a system. With `threads` its workers start at once, and actors may be placed on them at once.
 * @throws SYSTEM_INVALID, ACTOR_NAME_INVALID (node), APP_INVALID, SUPERVISION_INVALID, THREADS_INVALID,
 *   NODES_INVALID, TELEMETRY_INVALID; TRANSPORT_FAILED when the transport to other nodes does not open
 */
export function createSystem(options: SystemOptions = {}): ActorSystem {
  const rules = systemRules(options);
  const { app, threads, nodes } = rules;
  const system = new LocalSystem(rules);
  if (threads !== null) withThreads(system, threads, app);
  try {
    if (nodes !== null) withNodes(system, nodes, app);
  } catch (error) {
    // Nobody else could end its threads.
    void system.shutdown();
    throw error;
  }
  return system;
}

/** The other threads of a system, as one of them sees them. */
export interface Others {
  readonly mesh: Mesh;
  readonly seats: Seats;
  /** On the main thread. */
  readonly crew: Crew | null;
}

/** The part of a system on one thread. */
export class LocalSystem implements ActorSystem, Host {
  readonly system: ActorSystem = this;
  readonly node: NodeName;
  readonly thread: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventStream<RuntimeEvent>;
  readonly deadLetters: DeadLetters;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  readonly journal: Journal | null;
  readonly telemetry: ThreadTelemetry | null;
  readonly #app: App;
  readonly root: Cell;
  #incarnations = 0;
  #names = 0;
  #shutdown: Promise<void> | null = null;
  #others: Others | null = null;

  constructor(rules: SystemRules, thread = 0, dispatcher?: Dispatcher) {
    this.thread = thread;
    this.node = rules.node;
    this.clock = rules.clock;
    this.random = rules.random;
    this.journal = rules.journal;
    this.events = new EventStream((error, event) => this.#listenerFailed(error, event), EVENT_KINDS);
    this.deadLetters = new DeadLetters(rules.deadLetterCapacity, (address) =>
      this.#livingAt(parseAddress(address).path),
    );
    this.dispatcher = dispatcher ?? new FairDispatcher(this.clock);
    this.deadlines = new Deadlines(this.clock, (target, value) =>
      this.#deadLetter(target, value, "late-reply"),
    );
    this.#app = rules.app;
    this.telemetry = rules.telemetry === null ? null : new ThreadTelemetry(rules.telemetry, this);
    this.root = this.#makeRoot(rules.supervision);
  }

  get idle(): boolean {
    return this.dispatcher.idle;
  }

  /** How it reaches its other threads and other nodes; null before either is joined. */
  get others(): Others | null {
    return this.#others;
  }

  /** Connects it to the other threads of its system, before it has any actor. */
  join(others: Others): void {
    this.#others = others;
    this.#incarnations = this.thread;
    this.dispatcher.attach(others.mesh);
    this.dispatcher.arm();
  }

  info(): SystemInfo {
    const bun = process.versions["bun"];
    const runtime = bun === undefined ? `node ${process.versions.node}` : `bun ${bun}`;
    const threads = this.#others?.crew?.threads ?? [];
    return {
      runtime,
      transport: this.#others?.mesh.transport ?? null,
      nodes: this.#others?.mesh.nodes?.known ?? [],
      threads: [{ slot: 0, number: this.thread, ready: true }, ...threads],
    };
  }

  spawn<Message>(type: AnyActorType | string, args: unknown, options: SpawnOptions = {}): ActorRef<Message> {
    return spawnChild(this.root, type, args, options);
  }

  stop(ref: AnyRef): Promise<StopReason> {
    const target = Ref.targetOf(ref);
    const stopped = this.#whenStopped(target);
    target.system({ kind: "stop", reason: { kind: "stopped" } });
    return stopped;
  }

  resolve(address: string): ActorRef<unknown> {
    const parts = parseAddress(address);
    const { node, path, incarnation } = parts;
    if (node === this.node) {
      const reached = this.root.find(path.split("/"));
      if (reached?.child.incarnation === incarnation && reached.rest.length === 0) return reached.child.ref;
      const found = this.#others?.mesh.directory.locate(path, incarnation) ?? null;
      if (found !== null) return found.ref;
    } else if (this.#others?.mesh.reachesNodes === true) {
      return this.#others.mesh.locateForeign(parts).ref;
    }
    return new Ref(new Nobody(this, address as Address));
  }

  async find(where: string, options?: AskOptions): Promise<ActorRef<unknown> | null> {
    const { node, path } = parseWhereabouts(where);
    const mesh = this.#others?.mesh;
    if (this.#shutdown !== null)
      throw runtimeError("SYSTEM_STOPPED", "The actor system looks nobody up any more");
    if (node === this.node && this.thread === 0) return this.#livingAt(path);
    const ask = (): Promise<ActorRef<unknown> | null> =>
      Ask.start(mesh?.finder(node, where) ?? new Nobody(this, `${where}#1` as Address), () => null, options);
    // Often it is the question that shows that its node was started anew.
    return await ask().catch((error: unknown) =>
      isOfLostNode(error) ? ask() : Promise.reject(error as Error),
    );
  }

  /** Whoever lives at that path now; an actor further down on another thread is not seen from here. */
  #livingAt(path: ActorPath): Ref<unknown> | null {
    const reached = this.root.find(path.split("/"));
    return reached === null || reached.rest.length > 0 ? null : reached.child.ref;
  }

  shutdown(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = 5_000 } = isObject(options) ? options : { deadlineMs: NaN };
    if (!isBetween(deadlineMs, 0, Infinity)) {
      const given = shown(isObject(options) ? deadlineMs : options);
      const message = `A shutdown has { deadlineMs }, a number of milliseconds from 0, not ${given}`;
      return Promise.reject(runtimeError("SYSTEM_INVALID", message));
    }
    this.#shutdown ??= this.#stopEverything(deadlineMs);
    return this.#shutdown;
  }

  /** This thread is about to end with its actors alive: what waits for them becomes dead letters. */
  abandon(): void {
    for (const top of [this.root, ...(this.#others?.mesh.directory.placed() ?? [])]) abandonBelow(top);
  }

  // ---- as the host of its cells --------------------------------------------------------------------

  nextIncarnation(): Incarnation {
    // Unique in the whole system: the thread's number is the remainder.
    this.#incarnations += this.#others === null ? 1 : MAX_THREAD_NUMBERS;
    return this.#incarnations as Incarnation;
  }

  nameNumber(): number {
    this.#names += 1;
    return this.#names;
  }

  typeNamed(name: string): AnyActorType {
    const type = this.#app.actors.get(name);
    if (type === undefined) {
      throw runtimeError("ACTOR_TYPE_UNKNOWN", `The app module has no actor type ${name}`, {
        location: name,
      });
    }
    return type;
  }

  typeIfKnown(name: string): AnyActorType | undefined {
    return this.#app.actors.get(name);
  }

  undelivered(target: Target, item: unknown, reason: DeadLetterReason): void {
    if (!(item instanceof Ask)) {
      this.#deadLetter(target, this.telemetry === null ? item : this.telemetry.bare(item), reason);
      return;
    }
    // A question whose asker has given up is nobody's loss.
    if (item.ended) return;
    this.#deadLetter(target, item.message, reason);
    item.undelivered(reason);
  }

  started(cell: Cell, restartedAfter: Failure | null): void {
    if (restartedAfter !== null) this.telemetry?.restarted(cell);
    if (restartedAfter !== null && this.events.wants("actor-restarted")) {
      this.events.publish({ kind: "actor-restarted", address: cell.address, error: restartedAfter.error });
    }
    if (this.events.wants("actor-started")) {
      this.events.publish({ kind: "actor-started", address: cell.address, type: cell.type.name });
    }
  }

  stopped(cell: Cell, reason: StopReason): void {
    this.telemetry?.stopped(cell);
    this.#others?.mesh.directory.departed(cell, reason);
    if (cell === this.root || !this.events.wants("actor-stopped")) return;
    this.events.publish({ kind: "actor-stopped", address: cell.address, reason });
  }

  confirm(thread: number, incarnation: Incarnation, count: number): void {
    this.#others?.mesh.confirm(thread, incarnation, count);
  }

  spawnElsewhere(
    parent: Cell,
    type: AnyActorType,
    args: unknown,
    name: string,
    limits: MailboxLimits,
    placement: Placement,
  ): Child | null {
    checkPlacement(placement);
    if (placement === "local") return null;
    if (this.#others === null) {
      if (typeof placement === "string" || "key" in placement || placement.thread === 0) return null;
      throw runtimeError(
        "PLACEMENT_INVALID",
        `There is no thread ${placement.thread}: the system has none but its own`,
      );
    }
    const thread = this.#others.seats.threadFor(placement);
    if (thread === this.thread) return null;
    if (this.typeNamed(type.name) !== type) {
      throw runtimeError("ACTOR_TYPE_UNKNOWN", `The app has another actor type ${type.name}`, {
        location: type.name,
      });
    }
    const path = (parent.path === null ? name : `${parent.path}/${name}`) as ActorPath;
    const incarnation = this.nextIncarnation();
    const identity = { incarnation, path, type, peer: thread, limits, foreign: null };
    return this.#others.mesh.directory.spawn(parent, identity, name, args);
  }

  #makeRoot(supervision: Supervision): Cell {
    const type = actor<undefined, null, never>({
      name: "root",
      initial: () => null,
      receive: () => null,
      supervision,
    });
    const root = new Cell(this, type, undefined, null, "root", type.mailbox);
    root.status = RUNNING;
    return root;
  }

  #deadLetter(target: Target, message: unknown, reason: DeadLetterReason): void {
    this.bury({ message, target: target.address, reason, at: this.clock.now() });
  }

  bury(letter: DeadLetter): void {
    this.deadLetters.add(letter);
    this.events.publish({ kind: "dead-letter", letter });
  }

  #listenerFailed(error: unknown, event: RuntimeEvent): void {
    if (event.kind !== "listener-failed") this.listenerFailed(event.kind, error);
  }

  listenerFailed(during: string, error: unknown): void {
    this.events.publish({ kind: "listener-failed", during, error });
  }

  #whenStopped(target: Target): Promise<StopReason> {
    return new Promise((resolve) => {
      const watcher: Target = {
        address: target.address,
        deadlines: this.deadlines,
        post: () => undefined,
        system: (message) => {
          if (message.kind === "terminated") resolve(message.reason);
        },
      };
      target.system({ kind: "watch", watcher });
    });
  }

  async #stopEverything(deadlineMs: number): Promise<void> {
    const begunAt = this.clock.monotonic();
    const stopped = this.#whenStopped(this.root);
    this.root.system({ kind: "stop", reason: { kind: "shutdown" } });
    let cancel = (): void => undefined;
    const deadline = new Promise<"deadline">((resolve) => {
      cancel = this.clock.schedule(deadlineMs, () => {
        this.dispatcher.close();
        resolve("deadline");
      });
    });
    const outcome = await Promise.race([stopped, deadline]);
    cancel();
    const remaining = this.root.status === STOPPED ? [] : livingBelow(this.root);
    this.dispatcher.close();
    this.deadlines.close();
    const leftMs = deadlineMs - (this.clock.monotonic() - begunAt);
    await this.#others?.crew?.shutdown(Math.max(leftMs, LEAST_LEAVE_MS));
    const failure = this.#others?.mesh.nodes?.close() ?? null;
    this.#others?.mesh.directory.close();
    this.telemetry?.close();
    if (outcome === "deadline") {
      const names = remaining.slice(0, 20).map((cell) => cell.address);
      throw runtimeError(
        "SHUTDOWN_DEADLINE",
        `${remaining.length} actors had not stopped: ${names.join(", ")}`,
        failure === null ? {} : { cause: failure },
      );
    }
    if (failure !== null) throw failure;
  }
}

/** What worker threads get to leave by themselves, whatever is left of the deadline. */
const LEAST_LEAVE_MS = 100;

function abandonBelow(cell: Cell): void {
  for (const child of cell.children?.list() ?? []) if (child instanceof Cell) abandonBelow(child);
  cell.abandon();
}

/** Of another thread's actors only those that are children of this one's are known here. */
function livingBelow(cell: Cell): Child[] {
  return (cell.children?.list() ?? []).flatMap((child) =>
    child instanceof Cell ? [...livingBelow(child), child] : [child],
  );
}

function isOfLostNode(error: unknown): boolean {
  return (
    error instanceof MyriadError && error.cause instanceof MyriadError && error.cause.code === "NODE_LOST"
  );
}
