/**
 * Messages that pass through the main thread, between another node and a worker thread. Each waits until the
 * next stretch has room, and is confirmed to its sender only then, so that a slow actor slows its senders down
 * wherever they are.
 */
import type { Incarnation } from "../address.ts";
import { windowOf } from "../inflow.ts";
import { UNKNOWN } from "./directory.ts";
import type { Mesh } from "./mesh.ts";
import type { RemoteTarget } from "./remote.ts";

class Relay {
  readonly #mesh: Mesh;
  readonly #from: number;
  readonly #to: Incarnation;
  readonly #target: RemoteTarget;
  readonly #window: number;
  /** Confirmed are so many at once; one by one where the sender may know the mailbox better. */
  readonly #half: number;
  #waiting: { readonly item: unknown; readonly pass: () => void }[] = [];
  #passed = 0;

  constructor(mesh: Mesh, from: number, to: Incarnation, target: RemoteTarget) {
    this.#mesh = mesh;
    this.#from = from;
    this.#to = to;
    this.#target = target;
    this.#window = windowOf(target.limits.capacity);
    this.#half = target.type === UNKNOWN ? 1 : Math.max(1, this.#window >> 1);
  }

  take(item: unknown): void {
    const { host, tracer } = this.#mesh;
    const pass = (): void => this.#pass(item);
    if (this.#waiting.length === 0 && this.#target.credit > 0) pass();
    else if (this.#waiting.length >= this.#window) host.undelivered(this.#target, item, "overflow");
    else {
      this.#waiting.push({ item, pass: tracer?.bind(pass) ?? pass });
      if (this.#waiting.length === 1) this.#target.waitForRoom({ letIn: () => this.#drain() });
    }
  }

  #drain(): void {
    while (this.#waiting.length > 0) {
      if (this.#target.credit <= 0 && this.#target.gone === null) {
        this.#target.waitForRoom({ letIn: () => this.#drain() });
        return;
      }
      this.#waiting.shift()!.pass();
    }
  }

  #pass(item: unknown): void {
    this.#target.forward(item, 0);
    this.#passed += 1;
    if (this.#passed < this.#half) return;
    this.#mesh.confirm(this.#from, this.#to, this.#passed);
    this.#passed = 0;
  }
}

export class Relays {
  readonly #mesh: Mesh;
  readonly #relays = new WeakMap<RemoteTarget, Map<number, Relay>>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** @param to what the target was called by the sender's thread or node. */
  take(from: number, to: Incarnation, target: RemoteTarget, item: unknown): void {
    let relays = this.#relays.get(target);
    if (relays === undefined) {
      relays = new Map();
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
