/** One system of a simulated world: its threads, the seats they have, and who has still to learn of a loss. */
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
import { EMPTY, Seats } from "../threads/seats.ts";
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
}

const MOST_FRAMES = 4;

export class SimulatedNode {
  readonly name: string;
  readonly system: LocalSystem;
  readonly #options: SimulatedNodeOptions;
  readonly #lobby = new Int32Array((MAX_THREAD_NUMBERS * LOBBY_BYTES) / 4);
  readonly #seats: Seats;
  readonly #threads: Thread[] = [];
  /** Who has still to learn of which loss. */
  #news: { readonly thread: Thread; readonly lost: number }[] = [];
  #vacant: number[] = [];
  #numbers = 0;

  constructor(options: SimulatedNodeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#seats = new Seats(new Int32Array(options.threads + 1).fill(EMPTY));
    for (let slot = 0; slot <= options.threads; slot++) this.#sit(slot);
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
    let count = this.#news.length + this.#vacant.length;
    for (const { dispatcher, mesh } of this.#threads) count += (dispatcher.idle ? 0 : 1) + mesh.waiting;
    return count;
  }

  /** @param choice below `countChoices()`. */
  choose(choice: number, random: Random): void {
    for (const { dispatcher, mesh } of this.#threads) {
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
    }
    if (choice < this.#news.length) this.#learn(this.#news[choice]!);
    else this.#fill(this.#vacant[choice - this.#news.length]!);
  }

  /** What has something to handle. */
  get busy(): SteppedDispatcher["waiting"] {
    return this.#threads.flatMap(({ dispatcher }) => dispatcher.waiting);
  }

  killThread(slot: number): boolean {
    const thread = this.#threads.find((candidate) => candidate.slot === slot);
    if (thread === undefined || slot === 0) return false;
    thread.dispatcher.close();
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    this.#seats.sit(slot, EMPTY);
    this.#news = this.#news.filter((news) => news.thread !== thread);
    for (const other of this.#threads) {
      if (other.slot === 0) other.mesh.lose(thread.number);
      else this.#news.push({ thread: other, lost: thread.number });
    }
    this.#vacant.push(slot);
    return true;
  }

  /** Takes no further step. */
  close(): void {
    for (const { dispatcher } of this.#threads) dispatcher.close();
    this.#news = [];
    this.#vacant = [];
  }

  #learn(news: { readonly thread: Thread; readonly lost: number }): void {
    this.#news.splice(this.#news.indexOf(news), 1);
    news.thread.mesh.lose(news.lost);
    news.thread.dispatcher.flush();
  }

  #fill(slot: number): void {
    this.#vacant = this.#vacant.filter((other) => other !== slot);
    this.#sit(slot);
  }

  /** A new thread, connected to all others, in that slot. */
  #sit(slot: number): void {
    const { app, name, clock, random, layouts, faults, ringBytes, journal, telemetry } = this.#options;
    const number = this.#numbers++;
    const dispatcher = new SteppedDispatcher();
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
        elsewhere: () => this.#seats.next(),
        keepsAll: true,
      },
      faults,
    );
    for (const other of this.#threads) {
      const [here, there] = loopback(number, other.number, ringBytes);
      mesh.connect(here.memory, here.port);
      other.mesh.connect(there.memory, there.port);
    }
    system.join({ mesh, seats: this.#seats, crew: null });
    this.#threads.push({ number, slot, system, dispatcher, mesh });
    this.#seats.sit(slot, number);
  }
}
