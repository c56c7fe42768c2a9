/**
 * Who is told of whose stop: the watchers of an actor, whom it watches, and with whom it is linked. Watching
 * ends with a life, a link with the actor. A link is a watch from both sides.
 */
import type { StopReason } from "./actor.ts";
import type { Address } from "./address.ts";
import type { Cell } from "./cell.ts";
import { runtimeError } from "./errors.ts";
import { Ref, type AnyRef, type Target } from "./ref.ts";

export class Ties {
  readonly #cell: Cell;
  readonly #watchers = new Set<Target>();
  // Both by address: one actor may stand behind several targets.
  readonly #watched = new Map<Address, AnyRef>();
  readonly #links = new Map<Address, Target>();

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  // ---- what the actor asks for ---------------------------------------------------------------------

  watch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    const { address } = target;
    if (address === this.#cell.address) return;
    this.#watched.set(address, ref);
    target.system({ kind: "watch", watcher: this.#cell });
  }

  unwatch(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (this.#watched.delete(target.address)) this.#forget(target);
  }

  link(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (target.address === this.#cell.address) return;
    this.linked(target);
    target.system({ kind: "link", peer: this.#cell });
  }

  unlink(ref: AnyRef): void {
    const target = Ref.targetOf(ref);
    if (!this.#links.delete(target.address)) return;
    this.#forget(target);
    target.system({ kind: "unlink", peer: this.#cell });
  }

  // ---- what others ask for -------------------------------------------------------------------------

  addWatcher(watcher: Target): void {
    this.#watchers.add(watcher);
  }

  deleteWatcher(watcher: Target): void {
    this.#watchers.delete(watcher);
  }

  linked(peer: Target): void {
    const { address } = peer;
    if (this.#links.has(address)) return;
    this.#links.set(address, peer);
    peer.system({ kind: "watch", watcher: this.#cell });
  }

  unlinked(peer: Target): void {
    this.#links.delete(peer.address);
    this.#forget(peer);
  }

  // ---- stops ---------------------------------------------------------------------------------------

  isWatching(target: Target): boolean {
    return this.#watched.has(target.address);
  }

  /** @returns the ref by which it was watched, once. */
  takeWatched(target: Target): AnyRef | undefined {
    const { address } = target;
    const ref = this.#watched.get(address);
    this.#watched.delete(address);
    return ref;
  }

  /** `peer` has stopped: if it was linked, and failed, so does this actor. */
  ended(peer: Target, reason: StopReason): void {
    if (!this.#links.delete(peer.address)) return;
    if (reason.kind !== "failed" && reason.kind !== "unknown") return;
    const cause = reason.kind === "failed" ? { cause: reason.error } : {};
    const message = `${this.#cell.address} is linked to ${peer.address}, which is gone`;
    this.#cell.fail(runtimeError("LINK_BROKEN", message, cause));
  }

  endWatching(): void {
    const refs = [...this.#watched.values()];
    this.#watched.clear();
    for (const ref of refs) this.#forget(Ref.targetOf(ref));
  }

  /** This actor has stopped. */
  end(reason: StopReason): void {
    for (const watcher of this.#watchers) watcher.system({ kind: "terminated", target: this.#cell, reason });
    for (const peer of this.#links.values()) peer.system({ kind: "unwatch", watcher: this.#cell });
  }

  /** No end of `target` need be told any more, unless it is watched or linked still. */
  #forget(target: Target): void {
    const { address } = target;
    if (this.#watched.has(address) || this.#links.has(address)) return;
    target.system({ kind: "unwatch", watcher: this.#cell });
  }
}
