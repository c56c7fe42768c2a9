/**
 * Messages that pass through the main thread, between another node and a worker thread. Each waits until the
 * next stretch has room, and is confirmed to its sender only then, so that a slow actor slows its senders down
 * wherever they are. Senders keep their own bounds; the one here is only for those that keep none.
 */
import type { Incarnation } from "../address.ts";
import { MOST_BEYOND, windowOf } from "../inflow.ts";
import { RunQueue } from "../run-queue.ts";
import { UNKNOWN } from "./directory.ts";
import type { Link } from "./link.ts";
import type { Mesh } from "./mesh.ts";
import type { RemoteTarget } from "./remote.ts";

class Relay {
  readonly #mesh: Mesh;
  readonly #from: Link;
  readonly #to: Incarnation;
  readonly #target: RemoteTarget;
  /** Confirmed are so many at once; one by one where the sender may know the mailbox better. */
  readonly #half: number;
  readonly #waiting = new RunQueue<() => void>();
  #passed = 0;

  constructor(mesh: Mesh, from: Link, to: Incarnation, target: RemoteTarget) {
    this.#mesh = mesh;
    this.#from = from;
    this.#to = to;
    this.#target = target;
    this.#half = target.type === UNKNOWN ? 1 : Math.max(1, windowOf(target.limits.capacity) >> 1);
  }

  take(item: unknown): void {
    const { host, tracer } = this.#mesh;
    if (this.#waiting.size === 0 && this.#target.credit > 0) this.#pass(item);
    else if (this.#waiting.size >= MOST_BEYOND) {
      host.undelivered(this.#target, item, "overflow");
      this.#confirm();
    } else {
      const pass = (): void => this.#pass(item);
      this.#waiting.push(tracer?.bind(pass) ?? pass);
      if (this.#waiting.size === 1) this.#waitForRoom();
    }
  }

  #waitForRoom(): void {
    this.#target.waitForRoom({ letIn: () => this.#drain() });
  }

  #drain(): void {
    while (this.#waiting.size > 0) {
      if (this.#target.credit <= 0 && this.#target.gone === null) {
        this.#waitForRoom();
        return;
      }
      this.#waiting.shift()();
    }
  }

  #pass(item: unknown): void {
    this.#target.forward(item, 0);
    this.#confirm();
  }

  #confirm(): void {
    this.#passed += 1;
    if (this.#passed < this.#half) return;
    // To nobody, when that session is over.
    if (this.#mesh.speaksBy(this.#from)) this.#mesh.confirm(this.#from.peer, this.#to, this.#passed);
    this.#passed = 0;
  }
}

export class Relays {
  readonly #mesh: Mesh;
  readonly #relays = new WeakMap<RemoteTarget, WeakMap<Link, Relay>>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** @param to what the target was called by the sender's thread or node. */
  take(from: Link, to: Incarnation, target: RemoteTarget, item: unknown): void {
    let relays = this.#relays.get(target);
    if (relays === undefined) {
      relays = new WeakMap();
      this.#relays.set(target, relays);
    }
    let relay = relays.get(from);
    if (relay === undefined) {
      relay = new Relay(this.#mesh, from, to, target);
      relays.set(from, relay);
    }
    relay.take(item);
  }
}
