/**
 * Stand-ins for actors that live on another thread or node: as the target of messages, as a child, as a parent,
 * as a watcher. Each speaks for one actor to the actors of this thread, and sends frames to its peer.
 */
import type { AnyActorType, StopReason } from "../actor.ts";
import { formatAddress, type ActorPath, type Address, type Incarnation } from "../address.ts";
import { Ask, type Deadlines } from "../ask.ts";
import { decodeError, encodeError, type MyriadError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import { HALTED, HALTING, RUNNING, STOPPED, STOPPING, SUSPENDED } from "../family.ts";
import type { Child, Failure, Parent, Status } from "../family.ts";
import { windowOf } from "../inflow.ts";
import type { MailboxLimits } from "../mailbox.ts";
import { pauseSender } from "../cell.ts";
import { Ref, type Target } from "../ref.ts";
import { Room, type RoomWaiter } from "../room.ts";
import type { SystemMessage } from "../system-message.ts";
import type { Foreign, WireReason } from "./frames.ts";
import type { Mesh } from "./mesh.ts";

export interface RemoteIdentity {
  readonly incarnation: Incarnation;
  readonly path: ActorPath;
  readonly type: AnyActorType;
  /** Who is told what is for it: its thread, or its node. */
  readonly peer: number;
  readonly limits: MailboxLimits;
  /** Null: an actor of this node. */
  readonly foreign: Foreign | null;
}

export class RemoteTarget implements Target {
  readonly mesh: Mesh;
  readonly incarnation: Incarnation;
  readonly path: ActorPath;
  readonly type: AnyActorType;
  readonly limits: MailboxLimits;
  readonly foreign: Foreign | null;
  /** By what incarnation the other side of the link knows it. */
  readonly wire: Incarnation;
  readonly ref: Ref<unknown>;
  /** Who is told what is for it: its thread, or its node. */
  peer: number;
  /** Messages that may still be sent before some are confirmed. */
  credit: number;
  /** Why it takes nothing more; null: it may be alive. */
  gone: StopReason | null = null;
  #watchers: Set<Target> | null = null;
  /** Who waits here for credit. */
  #room: Room | null = null;
  /** It lives on this thread by now. */
  #home: Target | null = null;

  constructor(mesh: Mesh, identity: RemoteIdentity, wire: Incarnation = identity.incarnation) {
    this.mesh = mesh;
    this.wire = wire;
    this.foreign = identity.foreign;
    this.incarnation = identity.incarnation;
    this.path = identity.path;
    this.type = identity.type;
    this.limits = identity.limits;
    this.peer = identity.peer;
    this.credit = windowOf(identity.limits.capacity);
    this.ref = new Ref(this);
  }

  get address(): Address {
    const { node, incarnation } = this.foreign ?? {
      node: this.mesh.host.node,
      incarnation: this.incarnation,
    };
    return formatAddress({ node, path: this.path, incarnation });
  }

  get deadlines(): Deadlines {
    return this.mesh.host.deadlines;
  }

  post(item: unknown): void {
    if (this.#home !== null) this.#home.post(item);
    else if (this.gone !== null)
      this.mesh.host.undelivered(this, item, this.gone.kind === "unknown" ? "unknown" : "stopped");
    else if (this.credit <= 0) this.#overflow(item);
    else this.#deliver(item);
  }

  #deliver(item: unknown): void {
    if (this.mesh.deliver(this, item)) this.credit -= 1;
    else this.mesh.host.undelivered(this, item, "thread-lost");
  }

  /** Messages on their way there, unconfirmed. */
  get waiting(): number {
    return this.#home !== null ? (this.#home.waiting ?? 0) : windowOf(this.limits.capacity) - this.credit;
  }

  waitForRoom(waiter: RoomWaiter): void {
    if (this.#home?.waitForRoom !== undefined) this.#home.waitForRoom(waiter);
    else if (this.gone !== null || this.credit > 0) waiter.letIn();
    else (this.#room ??= new Room()).add(waiter);
  }

  #openRoom(): void {
    const room = this.#room;
    this.#room = null;
    room?.open();
  }

  get atHome(): boolean {
    return this.#home !== null;
  }

  credited(count: number): void {
    this.credit += count;
    if (this.credit > 0) this.#openRoom();
  }

  /** Passes on what another thread has sent here, taking this thread for the actor's. */
  forward(item: unknown, hops: number): void {
    // Whoever asked has given up meanwhile.
    if (item instanceof Ask && item.ended) return;
    this.mesh.hops = hops;
    try {
      this.post(item);
    } catch (error) {
      if (item instanceof Ask) item.fail(error as Error);
      else this.mesh.host.undelivered(this, item, "overflow");
    } finally {
      this.mesh.hops = 0;
    }
  }

  #overflow(item: unknown): void {
    if (this.limits.overflow === "fail") {
      throw runtimeError("MAILBOX_FULL", `The mailbox of ${this.address} is full`, {
        location: this.address,
      });
    }
    if (this.limits.overflow === "wait") {
      this.#room ??= new Room();
      pauseSender(this.mesh.host, this, this.#room);
      this.#deliver(item);
      return;
    }
    this.mesh.host.undelivered(this, item, "overflow");
  }

  system(message: SystemMessage): void {
    if (message.kind === "watch") this.#watch(message.watcher);
    else if (message.kind === "unwatch") this.#unwatch(message.watcher);
    else if (message.kind === "stop") this.stop(message.reason);
    else if (message.kind === "terminated") this.terminated(message.reason);
    else if (message.kind === "link" || message.kind === "unlink") this.#sendLink(message);
  }

  #sendLink(message: Extract<SystemMessage, { readonly peer: Target }>): void {
    const { kind, peer } = message;
    if (this.#home !== null) this.#home.system(message);
    else if (this.gone === null) this.mesh.send(this.peer, { kind, of: this.wire, peer: new Ref(peer) });
  }

  stop(reason: StopReason): void {
    if (this.#home !== null) this.#home.system({ kind: "stop", reason });
    else if (this.gone === null) {
      this.mesh.send(this.peer, { kind: "stop", of: this.wire, reason: encodeReason(reason) });
    }
  }

  #watch(watcher: Target): void {
    if (this.gone !== null) {
      watcher.system({ kind: "terminated", target: this, reason: this.gone });
      return;
    }
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#sendWatch("watch");
  }

  #unwatch(watcher: Target): void {
    if (this.#watchers?.delete(watcher) === true && this.#watchers.size === 0) this.#sendWatch("unwatch");
  }

  #sendWatch(kind: "watch" | "unwatch"): void {
    if (this.#home !== null) this.#home.system({ kind, watcher: this });
    else this.mesh.send(this.peer, { kind, of: this.wire });
  }

  terminated(reason: StopReason): void {
    this.gone = reason;
    this.signal(reason);
  }

  /** Tells all who wait for it, and all who watch it. */
  signal(reason: StopReason): void {
    this.#openRoom();
    const watchers = this.#watchers;
    this.#watchers = null;
    for (const watcher of watchers ?? []) watcher.system({ kind: "terminated", target: this, reason });
  }

  /** It began a new life on another thread, its own having been lost. */
  moved(thread: number): void {
    this.peer = thread;
    this.credit = windowOf(this.limits.capacity);
    this.#openRoom();
    if (this.#watchers !== null && this.#watchers.size > 0) this.#sendWatch("watch");
  }

  /** It began a new life on this very thread; refs to this stand-in lead there. */
  cameHome(home: Target): void {
    this.#home = home;
    this.moved(this.mesh.thread);
  }
}

/** On the parent's thread. Its status is what the parent's side has been told. */
export class RemoteChild extends RemoteTarget implements Child {
  readonly name: string;
  siblingBefore: Child | null = null;
  siblingAfter: Child | null = null;
  isListed = false;
  status: Status = RUNNING;
  failure: Failure | null = null;
  alive = true;
  readonly #parent: Parent;
  readonly #respawn: (child: RemoteChild, cause: unknown) => void;
  #lost: MyriadError | null = null;
  /** It is to stop after all that waits, also when it begins anew before. */
  #draining = false;

  constructor(
    mesh: Mesh,
    identity: RemoteIdentity,
    name: string,
    parent: Parent,
    respawn: (child: RemoteChild, cause: unknown) => void,
  ) {
    super(mesh, identity);
    this.name = name;
    this.#parent = parent;
    this.#respawn = respawn;
  }

  /** Children live on threads of their parent's node. */
  get thread(): number {
    return this.peer;
  }

  override system(message: SystemMessage): void {
    switch (message.kind) {
      case "resume":
        this.#resume();
        return;
      case "halt":
        this.#halt(message.error);
        return;
      case "begin":
        this.#begin();
        return;
      default:
        super.system(message);
    }
  }

  override stop(reason: StopReason): void {
    if (this.atHome) {
      super.stop(reason);
      return;
    }
    if (this.status >= STOPPING) return;
    if (reason.kind === "drained") {
      this.#draining = true;
      if (this.#lost === null) super.stop(reason);
      return;
    }
    this.status = STOPPING;
    if (this.#lost === null) super.stop(reason);
    else this.#endLost(reason);
  }

  #resume(): void {
    this.status = RUNNING;
    this.failure = null;
    if (this.#lost === null) this.mesh.send(this.peer, { kind: "resume", of: this.incarnation });
    else this.failed(this.#lost, false);
  }

  #halt(error: unknown): void {
    if (this.status >= HALTING) return;
    this.status = HALTING;
    this.failure = { error, escalated: false };
    if (this.#lost !== null) this.halted();
    else this.mesh.send(this.peer, { kind: "halt", of: this.incarnation, error: encodeError(error) });
  }

  #begin(): void {
    if (this.status !== HALTED) return;
    this.status = RUNNING;
    this.alive = true;
    const cause = this.failure?.error ?? null;
    this.failure = null;
    if (this.#lost !== null) {
      this.#lost = null;
      this.#respawn(this, cause);
      if (this.#draining) super.stop({ kind: "drained" });
    } else {
      this.mesh.send(this.peer, { kind: "begin", of: this.incarnation });
    }
  }

  // ---- what its thread reports ---------------------------------------------------------------------

  failed(error: unknown, alive: boolean): void {
    if (this.status > RUNNING) return;
    this.status = SUSPENDED;
    this.alive = alive;
    this.failure = { error, escalated: false };
    this.#parent.system({ kind: "failed", child: this, failure: this.failure });
  }

  halted(): void {
    if (this.status !== HALTING) return;
    this.status = HALTED;
    this.#parent.system({ kind: "halted", child: this });
  }

  stopped(): void {
    if (this.status === STOPPED) return;
    this.status = STOPPED;
    this.#parent.system({ kind: "child-stopped", child: this });
  }

  /** Its thread is no more: a failure like any other, except that a new life needs another thread. */
  threadLost(error: MyriadError): void {
    if (this.status === STOPPED) return;
    this.#lost = error;
    this.alive = false;
    if (this.status === STOPPING) this.#endLost({ kind: "failed", error });
    else if (this.status === HALTING) this.halted();
    else this.failed(error, false);
  }

  #endLost(reason: StopReason): void {
    const { events } = this.mesh.host;
    this.stopped();
    this.terminated(reason);
    if (events.wants("actor-stopped")) {
      events.publish({ kind: "actor-stopped", address: this.address, reason });
    }
    this.mesh.directory.dropChild(this.incarnation);
  }
}

/** On the child's thread. */
export class RemoteParent implements Parent {
  readonly path: ActorPath | null;
  readonly thread: number;
  readonly #mesh: Mesh;
  readonly #child: Incarnation;

  constructor(mesh: Mesh, thread: number, path: ActorPath | null, child: Incarnation) {
    this.#mesh = mesh;
    this.thread = thread;
    this.path = path;
    this.#child = child;
  }

  system(message: SystemMessage): void {
    const of = this.#child;
    if (message.kind === "failed") {
      const { failure, child } = message;
      this.#mesh.send(this.thread, {
        kind: "failed",
        of,
        error: encodeError(failure.error),
        alive: child.alive,
      });
    } else if (message.kind === "halted" || message.kind === "child-stopped") {
      this.#mesh.send(this.thread, { kind: message.kind, of });
    }
  }
}

/** All watchers of one actor on one other thread or node; the stand-in there for the actor tells them apart. */
export class RemoteWatcher implements Target {
  readonly address: Address;
  readonly deadlines: Deadlines;
  readonly #mesh: Mesh;
  readonly #peer: number;
  readonly #watched: Incarnation;

  constructor(mesh: Mesh, peer: number, watched: Incarnation, address: Address) {
    this.#mesh = mesh;
    this.#peer = peer;
    this.#watched = watched;
    this.address = address;
    this.deadlines = mesh.host.deadlines;
  }

  post(): void {
    // Nobody has a ref to a stand-in for watchers.
  }

  system(message: SystemMessage): void {
    if (message.kind !== "terminated") return;
    this.#mesh.directory.forgetWatcher(this.#peer, this.#watched);
    const { target } = message;
    const livesOn = target instanceof RemoteTarget && target.gone === null;
    const kind = livesOn ? "unreachable" : "terminated";
    this.#mesh.send(this.#peer, { kind, of: this.#watched, reason: encodeReason(message.reason) });
  }
}

/** An ask that came from another thread or node, as its target's cell sees it. */
export function remoteAsk(
  mesh: Mesh,
  peer: number,
  number: number,
  target: Target,
  answered: () => void = () => undefined,
): Ask {
  return new Ask(
    target,
    (value) => {
      answered();
      mesh.reply(peer, number, value);
    },
    (error) => {
      answered();
      mesh.refuse(peer, number, error);
    },
  );
}

export function encodeReason(reason: StopReason): WireReason {
  return reason.kind === "failed" || reason.kind === "restarted"
    ? { kind: reason.kind, error: encodeError(reason.error) }
    : reason;
}

export function decodeReason(reason: WireReason): StopReason {
  return reason.kind === "failed" || reason.kind === "restarted"
    ? { kind: reason.kind, error: decodeError(reason.error) }
    : reason;
}
