/**
 * What lies between simulated nodes: datagrams on their way, each delivered when its turn comes. Those from one
 * node to another arrive in order, unless the plan of faults has it otherwise.
 */
import type { Transport } from "../contracts/index.ts";
import type { Faults } from "./faults.ts";

type Receiver = (from: string, datagram: Uint8Array) => void;

interface Member {
  readonly node: string;
  readonly received: Receiver;
}

interface Way {
  readonly from: string;
  readonly to: string;
  readonly datagrams: Uint8Array[];
}

/** Small, so that what is long comes in pieces. */
const MAX_BYTES = 4_096;

export class Network {
  readonly #faults: Faults;
  readonly #receivers = new Map<string, Receiver>();
  readonly #ways = new Map<string, Way>();
  readonly #cuts = new Set<string>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  transport(): Transport {
    let own: Member | null = null;
    const isAlive = ({ node, received }: Member): boolean => this.#receivers.get(node) === received;
    return {
      maxBytes: MAX_BYTES,
      open: (node, received) => {
        own = { node, received };
        this.#receivers.set(node, received);
      },
      send: (to, datagram) => {
        if (own !== null && isAlive(own)) this.#send(own.node, to, datagram);
      },
      close: () => {
        if (own !== null && isAlive(own)) this.#receivers.delete(own.node);
      },
    };
  }

  /** On how many ways datagrams wait. */
  get busy(): number {
    let count = 0;
    for (const { datagrams } of this.#ways.values()) if (datagrams.length > 0) count += 1;
    return count;
  }

  /** Delivers the next datagram of the nth of those ways. */
  deliver(nth: number): void {
    for (const { from, to, datagrams } of this.#ways.values()) {
      if (datagrams.length === 0 || nth-- > 0) continue;
      const datagram = datagrams.shift()!;
      if (!this.#cuts.has(wayOf(from, to))) this.#receivers.get(to)?.(from, datagram);
      return;
    }
  }

  /** Between the two nothing arrives any more, either way. */
  cut(a: string, b: string): void {
    this.#cuts.add(wayOf(a, b)).add(wayOf(b, a));
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** It receives nothing more, and what it has sent is gone. */
  drop(node: string): void {
    this.#receivers.delete(node);
    for (const [name, way] of this.#ways) if (way.from === node) this.#ways.delete(name);
  }

  #send(from: string, to: string, datagram: Uint8Array): void {
    const name = wayOf(from, to);
    let way = this.#ways.get(name);
    if (way === undefined) {
      way = { from, to, datagrams: [] };
      this.#ways.set(name, way);
    }
    const mishap = this.#faults.onTheWay();
    if (mishap === "drop") return;
    const copies = mishap === "duplicate" ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const { length } = way.datagrams;
      const at = mishap === "delay" ? this.#faults.below(length + 1) : length;
      way.datagrams.splice(at, 0, datagram);
    }
  }
}

const wayOf = (from: string, to: string): string => `${from} ${to}`;
