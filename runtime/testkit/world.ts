/**
 * A system of several threads, all of them simulated in one, in virtual time. Chance from a seed chooses each
 * step: one message of one actor, some frames of one link, a fault. The same seed and the same test give the
 * same steps, so a failure is replayed by its seed.
 *
 *     world.system.spawn(…)            as in production, placement included
 *     await world.settle()             steps until nothing is left to do without time passing
 *     await world.advance(ms)          the same with time passing
 *     world.killThread(slot)           as if the thread had died; another one takes its slot
 *     createWorld({ faults: … })       threads that die, actors that crash, messages that are lost … by chance
 */
import type { App } from "../app.ts";
import { Cell } from "../cell.ts";
import { seededRandom, type Journal, type Random } from "../contracts/index.ts";
import { LocalSystem, type ActorSystem } from "../system.ts";
import type { TelemetryOptions } from "../telemetry/telemetry-options.ts";
import { MAX_THREAD_NUMBERS } from "../threads/early-frames.ts";
import { LayoutTable } from "../threads/layout-table.ts";
import { LOBBY_BYTES, type Mesh } from "../threads/mesh.ts";
import { EMPTY, Seats } from "../threads/seats.ts";
import { testkitError } from "./errors.ts";
import { Faults, type FaultCounts, type FaultPlan } from "./faults.ts";
import { FaultyMesh } from "./faulty-mesh.ts";
import { loopback } from "./loopback.ts";
import { SteppedDispatcher } from "./stepped-dispatcher.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a simulated world is made with. */
export interface WorldOptions {
  readonly app: App;
  /** Beside the main one; default 2. */
  readonly threads?: number;
  /** Of every choice; default 1. Print it when a test fails. */
  readonly seed?: number;
  /** What goes wrong by itself; default: nothing. */
  readonly faults?: FaultPlan;
  /** Of the event-sourced actors of all threads; see `faultyJournal`. */
  readonly journal?: Journal;
  /** Of each ring between two threads; default 4,096, so that rings are full often. */
  readonly ringBytes?: number;
  /** Of each thread, which calls `onSpan` itself and knows only its own metrics; default: none. */
  readonly telemetry?: TelemetryOptions;
}

/** A simulated system, and what a test may do to it. */
export interface World {
  /** The main thread's. */
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  readonly seed: number;
  /** Taken so far. */
  readonly steps: number;
  /** What has gone wrong so far. */
  readonly faults: FaultCounts;
  /** Takes one step. @returns false when there was nothing to do. */
  step(): boolean;
  /** Steps until nothing is left to do without time passing. @throws TESTKIT_UNSETTLED after `maxSteps` (default 1,000,000) */
  settle(maxSteps?: number): Promise<void>;
  /** Moves virtual time on, settling at every moment at which something is due. */
  advance(ms: number): Promise<void>;
  /** From now on nothing goes wrong by itself. */
  stopFaults(): void;
  /** @returns false when nobody sits in that slot just now. */
  killThread(slot: number): boolean;
  /** Stops all actors, and takes no further step. */
  shutdown(): Promise<void>;
}

/**
 * Makes a world; nothing happens in it before the first step.
 * @throws THREADS_INVALID
 */
export function createWorld(options: WorldOptions): World {
  return new SimulatedWorld(options);
}

interface Thread {
  readonly number: number;
  readonly slot: number;
  readonly system: LocalSystem;
  readonly dispatcher: SteppedDispatcher;
  readonly mesh: Mesh;
}

const MAX_STEPS = 1_000_000;
const MOST_FRAMES = 4;
/** Between two rounds of promises. */
const STEPS_A_ROUND = 16;

class SimulatedWorld implements World {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly system: ActorSystem;
  steps = 0;
  readonly #app: App;
  readonly #random: Random;
  readonly #layouts: LayoutTable;
  readonly #lobby = new Int32Array((MAX_THREAD_NUMBERS * LOBBY_BYTES) / 4);
  readonly #seats: Seats;
  readonly #faults: Faults;
  readonly #journal: Journal | null;
  readonly #ringBytes: number;
  readonly #telemetry: { readonly telemetry?: TelemetryOptions };
  readonly #slots: number;
  readonly #threads: Thread[] = [];
  /** Who has still to learn of which loss. */
  #news: { readonly thread: Thread; readonly lost: number }[] = [];
  #vacant: number[] = [];
  #numbers = 0;

  constructor(options: WorldOptions) {
    const { app, threads = 2, seed = 1, faults = {}, journal = null, ringBytes = 4_096 } = options;
    this.seed = seed;
    this.#app = app;
    this.#random = seededRandom(seed);
    this.#layouts = new LayoutTable(app);
    this.#slots = threads + 1;
    this.#faults = new Faults(faults, this.#random.fork("faults"));
    this.#journal = journal;
    this.#ringBytes = ringBytes;
    this.#telemetry = options.telemetry === undefined ? {} : { telemetry: options.telemetry };
    this.clock = new VirtualClock(0, () => this.settle());
    this.#seats = new Seats(new Int32Array(this.#slots).fill(EMPTY));
    for (let slot = 0; slot < this.#slots; slot++) this.#sit(slot);
    this.system = this.#threads[0]!.system;
  }

  get faults(): FaultCounts {
    return this.#faults.counts;
  }

  stopFaults(): void {
    this.#faults.stop();
  }

  step(): boolean {
    this.steps += 1;
    const { kill, crash } = this.#faults.step();
    if (kill) this.#killSomebody();
    if (crash) this.#crashSomebody();
    // What was told from outside any actor.
    this.#threads[0]!.dispatcher.flush();
    const choices = this.#countChoices();
    if (choices === 0) return false;
    this.#choose(this.#random.below(choices));
    return true;
  }

  #countChoices(): number {
    let count = this.#news.length + this.#vacant.length;
    for (const { dispatcher, mesh } of this.#threads) count += (dispatcher.idle ? 0 : 1) + mesh.waiting;
    return count;
  }

  #choose(choice: number): void {
    for (const { dispatcher, mesh } of this.#threads) {
      if (!dispatcher.idle && choice-- === 0) {
        dispatcher.step(this.#random);
        return;
      }
      const { waiting } = mesh;
      if (choice < waiting) {
        mesh.read(choice, 1 + this.#random.below(MOST_FRAMES));
        dispatcher.flush();
        return;
      }
      choice -= waiting;
    }
    if (choice < this.#news.length) this.#learn(this.#news[choice]!);
    else this.#fill(this.#vacant[choice - this.#news.length]!);
  }

  async settle(maxSteps: number = MAX_STEPS): Promise<void> {
    const last = this.steps + maxSteps;
    for (;;) {
      // Whatever the steps have resolved may tell actors more.
      for (let round = 0; round < STEPS_A_ROUND; round++) await Promise.resolve();
      let busy = false;
      for (let count = 0; count < STEPS_A_ROUND; count++) busy = this.step() || busy;
      if (!busy) return;
      if (this.steps > last) {
        throw testkitError("TESTKIT_UNSETTLED", `Still busy after ${maxSteps} steps (seed ${this.seed})`);
      }
    }
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
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

  async shutdown(): Promise<void> {
    const down = this.system.shutdown();
    await this.settle();
    await down;
    this.stopFaults();
    await this.settle();
    for (const { dispatcher } of this.#threads) dispatcher.close();
  }

  #killSomebody(): void {
    if (this.#slots > 1 && this.killThread(1 + this.#faults.below(this.#slots - 1))) {
      this.#faults.counts.killed += 1;
    }
  }

  #crashSomebody(): void {
    const busy = this.#threads.flatMap(({ dispatcher }) => dispatcher.waiting);
    const cells = busy.filter(
      (one): one is Cell => one instanceof Cell && one.parent !== null && !this.#faults.spares(one.address),
    );
    if (cells.length === 0) return;
    const cell = cells[this.#faults.below(cells.length)]!;
    this.#faults.counts.crashed += 1;
    cell.system({ kind: "fail", error: testkitError("FAULT_INJECTED", `${cell.address} crashes by plan`) });
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
    const number = this.#numbers++;
    const dispatcher = new SteppedDispatcher();
    const { clock } = this;
    const random = this.#random.fork(`thread ${number}`);
    const journal = this.#journal === null ? {} : { journal: this.#journal };
    const given = { app: this.#app, clock, random, ...journal, ...this.#telemetry };
    const system = new LocalSystem(given, number, dispatcher);
    const mesh = new FaultyMesh(
      system,
      {
        thread: number,
        lobby: this.#lobby,
        layouts: this.#layouts,
        ring: () => undefined,
        elsewhere: () => this.#seats.next(),
        keepsAll: true,
      },
      this.#faults,
    );
    for (const other of this.#threads) {
      const [here, there] = loopback(number, other.number, this.#ringBytes);
      mesh.connect(here.memory, here.port);
      other.mesh.connect(there.memory, there.port);
    }
    system.join({ mesh, seats: this.#seats, crew: null });
    this.#threads.push({ number, slot, system, dispatcher, mesh });
    this.#seats.sit(slot, number);
  }
}
