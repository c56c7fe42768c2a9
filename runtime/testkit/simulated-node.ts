/** One system of a simulated world: its threads, and what each of them has still to learn of the others. */
import type { App } from "../app.ts";
import type { Journal, Random } from "../contracts/index.ts";
import type { NodeRules } from "../nodes/node-options.ts";
import { Nodes } from "../nodes/nodes.ts";
import { systemRules } from "../system-options.ts";
import { LocalSystem } from "../system.ts";
import type { TelemetryOptions } from "../telemetry/telemetry-options.ts";
import { MAX_THREAD_NUMBERS } from "../threads/early-frames.ts";
import type { LayoutTable } from "../threads/layout-table.ts";
import { LOBBY_BYTES, type Mesh } from "../threads/mesh.ts";
import { Seats } from "../threads/seats.ts";
import type { Faults } from "./faults.ts";
import { FaultyMesh } from "./faulty-mesh.ts";
import { loopback } from "./loopback.ts";
import { SteppedDispatcher } from "./stepped-dispatcher.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface SimulatedNodeOptions {
  readonly app: App;
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly layouts: LayoutTable;
  readonly faults: Faults;
  readonly threads: number;
  readonly ringBytes: number;
  readonly journal: Journal | null;
  readonly telemetry: TelemetryOptions | null;
  /** Null: it is the only node. */
  readonly nodes: NodeRules | null;
}

interface Thread {
  readonly number: number;
  readonly slot: number;
  readonly system: LocalSystem;
  readonly dispatcher: SteppedDispatcher;
  readonly mesh: Mesh;
  readonly seats: Seats;
  /** In the order in which it learns. */
  readonly news: (() => void)[];
}

const MOST_FRAMES = 4;

export class SimulatedNode {
  readonly name: string;
  readonly system: LocalSystem;
  readonly #options: SimulatedNodeOptions;
  readonly #lobby = new Int32Array((MAX_THREAD_NUMBERS * LOBBY_BYTES) / 4);
  readonly #threads: Thread[] = [];
  #numbers = 0;

  constructor(options: SimulatedNodeOptions) {
    this.name = options.name;
    this.#options = options;
    // The first threads are numbered by their slots.
    const slots = Array.from({ length: options.threads + 1 }, (_, slot) => slot);
    for (const slot of slots) this.#start(slot, slots);
    for (const { news } of this.#threads) for (const learn of news.splice(0)) learn();
    const main = this.#threads[0]!;
    this.system = main.system;
    if (options.nodes !== null) main.mesh.nodes = new Nodes(main.mesh, options.nodes, options.app);
  }

  /** Makes visible what was told from outside any actor, and what found no room before. */
  flush(): void {
    for (const { dispatcher } of this.#threads) dispatcher.flush();
  }

  /** How many different steps it could take now. */
  countChoices(): number {
    let count = 0;
    for (const { dispatcher, mesh, news } of this.#threads) {
      count += (dispatcher.idle ? 0 : 1) + mesh.waiting + (news.length > 0 ? 1 : 0);
    }
    return count;
  }

  /** @param choice below `countChoices()`. */
  choose(choice: number, random: Random): void {
    for (const { dispatcher, mesh, news } of this.#threads) {
      if (!dispatcher.idle && choice-- === 0) {
        dispatcher.step(random);
        return;
      }
      const { waiting } = mesh;
      if (choice < waiting) {
        mesh.read(choice, 1 + random.below(MOST_FRAMES));
        dispatcher.flush();
        return;
      }
      choice -= waiting;
      if (news.length > 0 && choice-- === 0) {
        news.shift()!();
        dispatcher.flush();
        return;
      }
    }
  }

  /** What has something to handle. */
  get busy(): SteppedDispatcher["waiting"] {
    return this.#threads.flatMap(({ dispatcher }) => dispatcher.waiting);
  }

  /** @param slot from 1; somebody sits in each at all times */
  killThread(slot: number): void {
    const thread = this.#threads.find((candidate) => candidate.slot === slot)!;
    thread.dispatcher.close();
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    const [main] = this.#threads;
    this.#start(slot, main!.seats.list());
    for (const other of this.#threads) this.#tell(other, () => other.mesh.lose(thread.number));
  }

  /** Takes no further step. */
  close(): void {
    for (const { dispatcher } of this.#threads) dispatcher.close();
    for (const { news } of this.#threads) news.length = 0;
  }

  /** The main thread knows all at once. */
  #tell(thread: Thread, learn: () => void): void {
    if (thread.slot === 0) learn();
    else thread.news.push(learn);
  }

  /** A new thread in that slot, which the others are connected to as they learn of it. @param slots who sits in the others */
  #start(slot: number, slots: readonly number[]): void {
    const { app, name, clock, random, layouts, faults, ringBytes, journal, telemetry } = this.#options;
    const number = this.#numbers++;
    const dispatcher = new SteppedDispatcher();
    const seats = new Seats(slots.with(slot, number));
    const given = {
      app,
      node: name,
      clock,
      random: random.fork(`thread ${number}`),
      ...(journal === null ? {} : { journal }),
      ...(telemetry === null ? {} : { telemetry }),
    };
    const system = new LocalSystem(systemRules(given), number, dispatcher);
    const mesh = new FaultyMesh(
      system,
      {
        thread: number,
        lobby: this.#lobby,
        layouts,
        ring: () => undefined,
        insteadOf: (lost) => seats.insteadOf(lost),
        keepsAll: true,
      },
      faults,
    );
    for (const other of this.#threads) {
      const [here, there] = loopback(number, other.number, ringBytes);
      mesh.connect(here.memory, here.port);
      this.#tell(other, () => {
        other.mesh.connect(there.memory, there.port);
        other.seats.sit(slot, number);
      });
    }
    system.join({ mesh, seats, crew: null });
    this.#threads.push({ number, slot, system, dispatcher, mesh, seats, news: [] });
  }
}
