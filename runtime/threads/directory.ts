/**
 * Who is where, as one thread knows it.
 *
 *     residents   actors of this thread that others may have heard of
 *     children    stand-ins for children, elsewhere, of this thread's actors
 *     remotes     stand-ins for all other actors elsewhere, as long as anybody here has a ref
 *     shown       those of them that are kept, since other nodes or threads may send to them by way of this one
 *     located     those that are known by the address of another node alone
 *     graves      why the last thousand of either that others may have heard of have stopped
 *     watchers    stand-ins for the watchers on one other thread or node of one actor
 *
 * An actor has one stand-in a thread, so that its identity can be compared.
 */
import { actor, type AnyActorType, type StopReason } from "../actor.ts";
import {
  formatAddress,
  type ActorPath,
  type Address,
  type AddressParts,
  type Incarnation,
} from "../address.ts";
import { Cell } from "../cell.ts";
import { decodeError, encodeError, type MyriadError, type WireError } from "../contracts/index.ts";
import { STOPPED, type Child, type Parent } from "../family.ts";
import type { MailboxLimits } from "../mailbox.ts";
import type { Target } from "../ref.ts";
import { spawnerOf } from "./early-frames.ts";
import { NOWHERE, type Foreign, type SystemFrame } from "./frames.ts";
import type { Mesh } from "./mesh.ts";
import { encodeReason, RemoteChild, RemoteParent, RemoteTarget, RemoteWatcher } from "./remote.ts";
import type { RemoteIdentity } from "./remote.ts";

/** Of an actor whose type the app does not know, or that is known by its address alone. */
export const UNKNOWN: AnyActorType = actor<unknown, unknown, unknown>({
  name: "unknown",
  initial: () => null,
  receive: () => null,
});

const MOST_GRAVES = 1_000;

export class Directory {
  readonly #mesh: Mesh;
  readonly #residents = new Map<Incarnation, Cell>();
  readonly #children = new Map<Incarnation, RemoteChild>();
  readonly #remotes = new Map<Incarnation, WeakRef<RemoteTarget>>();
  readonly #kept: Set<RemoteTarget> | null;
  readonly #shown = new Set<RemoteTarget>();
  #isClosed = false;
  readonly #graves = new Map<Incarnation, StopReason>();
  readonly #watchers = new Map<Incarnation, Map<number, RemoteWatcher>>();
  readonly #located = new Map<Address, WeakRef<RemoteTarget>>();
  readonly #unheld = new FinalizationRegistry<Incarnation>((incarnation) => {
    if (this.#remotes.get(incarnation)?.deref() === undefined) this.#remotes.delete(incarnation);
    for (const [address, weak] of this.#located) {
      if (weak.deref() === undefined) this.#located.delete(address);
    }
  });

  constructor(mesh: Mesh, keepsAll: boolean) {
    this.#mesh = mesh;
    this.#kept = keepsAll ? new Set() : null;
  }

  // ---- actors of this thread -----------------------------------------------------------------------

  resident(incarnation: Incarnation): Cell | undefined {
    return this.#residents.get(incarnation);
  }

  /** Others are about to hear of it. */
  publish(cell: Cell): void {
    if (cell.status !== STOPPED) this.#residents.set(cell.incarnation, cell);
  }

  /** Starts a child whose parent lives on thread `from`. */
  admit(from: number, frame: Extract<SystemFrame, { kind: "spawn" }>): void {
    const { host } = this.#mesh;
    const parent = new RemoteParent(this.#mesh, from, frame.parentPath as ActorPath | null, frame.of);
    const limits = { capacity: frame.capacity, overflow: frame.overflow };
    const cell = new Cell(host, host.typeNamed(frame.type), frame.args, parent, frame.name, limits, frame.of);
    if (frame.restartedAfter !== null) {
      cell.failure = { error: decodeError(frame.restartedAfter), escalated: false };
    }
    this.#residents.set(frame.of, cell);
    host.dispatcher.enqueue(cell);
  }

  /** Actors of this thread whose parents live on others. */
  *placed(): Iterable<Cell> {
    for (const cell of this.#residents.values()) if (cell.parent instanceof RemoteParent) yield cell;
  }

  /** To be called when an actor of this thread has stopped. */
  departed({ incarnation }: Cell, reason: StopReason): void {
    if (!this.#residents.delete(incarnation)) return;
    this.#watchers.delete(incarnation);
    this.#bury(incarnation, reason);
  }

  #bury(incarnation: Incarnation, reason: StopReason): void {
    this.#graves.set(incarnation, reason);
    if (this.#graves.size <= MOST_GRAVES) return;
    for (const oldest of this.#graves.keys()) {
      this.#graves.delete(oldest);
      return;
    }
  }

  watchFor(peer: number, of: Incarnation): void {
    const target = this.#residents.get(of) ?? (this.#graves.has(of) ? undefined : this.remote(of));
    if (target === undefined) {
      const reason = this.#graves.get(of) ?? { kind: "unknown" };
      this.#mesh.send(peer, { kind: "terminated", of, reason: encodeReason(reason) });
      return;
    }
    const watchers = this.#watchers.get(of) ?? new Map<number, RemoteWatcher>();
    this.#watchers.set(of, watchers);
    let watcher = watchers.get(peer);
    if (watcher === undefined) {
      watcher = new RemoteWatcher(this.#mesh, peer, of, target.address);
      watchers.set(peer, watcher);
    }
    target.system({ kind: "watch", watcher });
  }

  unwatchFor(peer: number, of: Incarnation): void {
    const watcher = this.#watchers.get(of)?.get(peer);
    if (watcher === undefined) return;
    this.forgetWatcher(peer, of);
    (this.#residents.get(of) ?? this.remote(of))?.system({ kind: "unwatch", watcher });
  }

  forgetWatcher(peer: number, of: Incarnation): void {
    const watchers = this.#watchers.get(of);
    if (watchers?.delete(peer) === true && watchers.size === 0) this.#watchers.delete(of);
  }

  // ---- actors elsewhere ----------------------------------------------------------------------------

  child(incarnation: Incarnation): RemoteChild | undefined {
    return this.#children.get(incarnation);
  }

  remote(incarnation: Incarnation): RemoteTarget | undefined {
    return this.#children.get(incarnation) ?? this.#remotes.get(incarnation)?.deref();
  }

  nobody(incarnation: Incarnation): Target {
    const { host } = this.#mesh;
    return {
      address: formatAddress({ node: host.node, path: "stopped" as ActorPath, incarnation }),
      deadlines: host.deadlines,
      post: () => undefined,
      system: () => undefined,
    };
  }

  /** Who stands behind a ref that came in a message. */
  meet(
    place: Omit<RemoteIdentity, "type" | "limits">,
    typeName: string,
    limits: MailboxLimits,
  ): Cell | RemoteTarget {
    const { host, thread } = this.#mesh;
    const known = this.#residents.get(place.incarnation) ?? this.remote(place.incarnation);
    if (known !== undefined) return known;
    const type = host.typeIfKnown(typeName) ?? UNKNOWN;
    const target = this.#newRemote({ ...place, type, limits });
    if (place.peer === NOWHERE) target.gone = { kind: "unknown" };
    else if (place.peer === thread) target.gone = { kind: "stopped" };
    else if (!this.#mesh.connected(place.peer)) {
      const way = this.#wayRound(place);
      if (way === null) target.gone = { kind: "stopped" };
      else target.moved(way);
    }
    return target;
  }

  /** An actor whose thread was lost lives on another one, which may be this. */
  moved(of: Incarnation, thread: number): void {
    const target = this.remote(of);
    if (thread !== this.#mesh.thread) {
      // Its supervisor may know the new thread sooner than this one is connected to it.
      if (target !== undefined)
        target.moved(this.#mesh.connected(thread) ? thread : (this.#wayRound(target) ?? thread));
      return;
    }
    const home = this.#residents.get(of);
    if (home === undefined) target?.terminated({ kind: "stopped" });
    else target?.cameHome(home);
  }

  /**
   * To an actor whose thread is lost: its supervisor's thread, whose stand-in knows whether it is begun anew.
   * @returns null when that is lost too, or this one, which would know.
   */
  #wayRound({ incarnation }: { readonly incarnation: Incarnation }): number | null {
    const thread = spawnerOf(incarnation);
    return thread !== this.#mesh.thread && this.#mesh.connected(thread) ? thread : null;
  }

  /** Spawns a child of `parent` on another thread. @throws MESSAGE_UNSENDABLE */
  spawn(parent: Cell, identity: RemoteIdentity, name: string, args: unknown): RemoteChild {
    const child = new RemoteChild(this.#mesh, identity, name, parent, (lost, cause) => {
      const thread = this.#mesh.insteadOf(lost.peer);
      if (thread === this.#mesh.thread) this.#bringHome(lost, parent, args, cause);
      else {
        lost.peer = thread;
        this.#sendSpawn(lost, parent, args, encodeError(cause));
        lost.moved(thread);
      }
      this.#mesh.broadcast({ kind: "moved", of: lost.incarnation, thread });
    });
    this.#sendSpawn(child, parent, args, null);
    this.#children.set(identity.incarnation, child);
    return child;
  }

  /** There is no other thread left to begin it anew on. */
  #bringHome(child: RemoteChild, parent: Cell, args: unknown, cause: unknown): void {
    const { incarnation, type, name, limits } = child;
    const cell = new Cell(this.#mesh.host, type, args, parent, name, limits, incarnation);
    cell.failure = { error: cause, escalated: false };
    parent.children?.replace(child, cell);
    this.#residents.set(incarnation, cell);
    this.dropChild(incarnation);
    child.cameHome(cell);
    this.#mesh.host.dispatcher.enqueue(cell);
  }

  #sendSpawn(child: RemoteChild, parent: Parent, args: unknown, restartedAfter: WireError | null): void {
    this.#mesh.send(child.thread, {
      kind: "spawn",
      of: child.incarnation,
      type: child.type.name,
      args,
      name: child.name,
      parentPath: parent.path,
      capacity: child.limits.capacity,
      overflow: child.limits.overflow,
      restartedAfter,
    });
  }

  dropChild(incarnation: Incarnation): void {
    const child = this.#children.get(incarnation);
    if (child === undefined) return;
    this.#children.delete(incarnation);
    if (child.gone !== null) this.#bury(incarnation, child.gone);
    this.remember(child);
  }

  #newRemote(identity: RemoteIdentity): RemoteTarget {
    const target = new RemoteTarget(this.#mesh, identity);
    this.remember(target);
    return target;
  }

  /** Nobody elsewhere can be reached any more. */
  close(): void {
    this.#isClosed = true;
    const remotes = [...this.#remotes.values()].map((weak) => weak.deref());
    for (const target of [...this.#children.values(), ...remotes]) {
      if (target?.gone === null) target.terminated({ kind: "shutdown" });
    }
  }

  remember(target: RemoteTarget): void {
    if (this.#isClosed) target.gone ??= { kind: "stopped" };
    this.#kept?.add(target);
    this.#remotes.set(target.incarnation, new WeakRef(target));
    this.#unheld.register(target, target.incarnation);
  }

  lose(thread: number, error: MyriadError): void {
    this.#unwatchAll(thread);
    for (const cell of this.#residents.values()) {
      if (cell.parent?.thread === thread) cell.system({ kind: "stop", reason: { kind: "parent-stopped" } });
    }
    for (const weak of this.#remotes.values()) {
      const target = weak.deref();
      if (target?.peer !== thread || target.gone !== null) continue;
      const way = this.#wayRound(target);
      if (way === null) target.terminated({ kind: "failed", error });
      else target.moved(way);
    }
    for (const child of [...this.#children.values()]) if (child.thread === thread) child.threadLost(error);
  }

  // ---- addresses -----------------------------------------------------------------------------------

  /** Whom an address means, by what this thread knows; else the main thread is asked. */
  locate(path: ActorPath, incarnation: Incarnation): Child | RemoteTarget | null {
    const known = this.#known(path, incarnation);
    if (known !== null || this.#mesh.thread === 0) return known;
    return this.#at(0, path, incarnation);
  }

  #known(path: ActorPath, incarnation: Incarnation): Child | RemoteTarget | null {
    const known = this.#residents.get(incarnation) ?? this.remote(incarnation);
    if (known !== undefined) return known.path === path ? known : null;
    for (const [above, names] of this.#above(path)) {
      const reached = above.find(names);
      if (reached === null) continue;
      const { child, rest } = reached;
      if (rest.length > 0) return this.#at(child.thread, path, incarnation);
      if (child.incarnation === incarnation) return child;
    }
    return null;
  }

  /** Actors of this thread that the path may lead through, with the names that are left below them. */
  *#above(path: ActorPath): Iterable<readonly [Cell, readonly string[]]> {
    yield [this.#mesh.host.root, path.split("/")];
    for (const placed of this.placed()) {
      const start = `${placed.path}/`;
      if (path.startsWith(start)) yield [placed, path.slice(start.length).split("/")];
    }
  }

  /** An actor that is thought to live on `thread`: that thread is asked to know it by its incarnation. */
  #at(thread: number, path: ActorPath, incarnation: Incarnation): RemoteTarget {
    const target = this.#newUnknown(incarnation, path, thread, null);
    // Below an actor whose thread is lost nobody lives on.
    if (!this.#mesh.connected(thread)) target.gone = { kind: "stopped" };
    this.#mesh.send(thread, { kind: "locate", of: incarnation, path });
    return target;
  }

  /** An actor of another node, which the main thread is asked to know by an incarnation of this one. */
  locateForeign({ node, path, incarnation }: AddressParts): RemoteTarget {
    const name = formatAddress({ node, path, incarnation });
    const known = this.#located.get(name)?.deref();
    if (known !== undefined) return known;
    const foreign: Foreign = { node, incarnation, life: null };
    const of = this.#mesh.host.nextIncarnation();
    const target = this.#newUnknown(of, path, 0, foreign);
    this.#located.set(name, new WeakRef(target));
    this.#mesh.send(0, { kind: "locate", of, path, foreign });
    return target;
  }

  #newUnknown(
    incarnation: Incarnation,
    path: ActorPath,
    peer: number,
    foreign: Foreign | null,
  ): RemoteTarget {
    return this.#newRemote({ incarnation, path, type: UNKNOWN, peer, limits: UNKNOWN.mailbox, foreign });
  }

  expect(path: string, incarnation: Incarnation): void {
    const found = this.#known(path as ActorPath, incarnation);
    if (found instanceof Cell) this.publish(found);
    else if (found instanceof RemoteTarget) this.show(found);
  }

  /** Another thread knows an actor of another node by that incarnation. */
  alias(incarnation: Incarnation, target: RemoteTarget): void {
    this.#remotes.set(incarnation, new WeakRef(target));
    this.show(target);
  }

  /** Others who have no link to it are about to hear of it: it is kept until it stops. */
  show(target: RemoteTarget): void {
    if (this.#shown.has(target) || target.gone !== null) return;
    this.#shown.add(target);
    const watcher: Target = {
      address: target.address,
      deadlines: target.deadlines,
      post: () => undefined,
      system: ({ kind }) => {
        // One whose node is lost may live on.
        if (kind === "terminated" && target.gone !== null) this.hide(target);
      },
    };
    target.system({ kind: "watch", watcher });
  }

  hide(target: RemoteTarget): void {
    this.#shown.delete(target);
  }

  /** That node watches nobody any more. */
  loseNode(peer: number): void {
    for (const cell of this.#residents.values()) cell.lostPeer(peer);
    this.#unwatchAll(peer);
  }

  #unwatchAll(peer: number): void {
    for (const of of [...this.#watchers.keys()]) this.unwatchFor(peer, of);
  }
}
