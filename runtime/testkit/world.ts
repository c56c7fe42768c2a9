/**
 * A system of several threads, or several such systems on nodes, all of them simulated in one thread, in virtual
 * time. Chance from a seed chooses each step: one message of one actor, some frames of one link, a datagram, a
 * fault. The same seed and the same test give the same steps, so a failure is replayed by its seed.
 *
 *     world.system.spawn(…)            as in production, placement included
 *     await world.settle()             steps until nothing is left to do without time passing
 *     await world.advance(ms)          the same with time passing
 *     world.killThread(slot)           as if the thread had died; another one takes its slot
 *     world.killNode(name)             the same of a node; world.cut(a, b) parts two of them
 *     createWorld({ faults: … })       threads that die, actors that crash, messages that are lost … by chance
 */
import { isApp, type App } from "../app.ts";
import { isSegment } from "../address.ts";
import { Cell } from "../cell.ts";
import { isObject, isWhole, seededRandom, shown, type Journal, type Random } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import { nodeRules } from "../nodes/node-options.ts";
import type { ActorSystem } from "../system.ts";
import type { TelemetryOptions } from "../telemetry/telemetry-options.ts";
import { LayoutTable } from "../threads/layout-table.ts";
import { checkRingBytes } from "../threads/ring.ts";
import { check, testkitError } from "./errors.ts";
import { Faults, type FaultCounts, type FaultPlan } from "./faults.ts";
import { Network } from "./network.ts";
import { SimulatedNode } from "./simulated-node.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a simulated world is made with. */
export interface WorldOptions {
  readonly app: App;
  /** Worker threads of each node, 0 to 63; default 2. */
  readonly threads?: number;
  /** Names of nodes beside `local`, each another, each a system of its own; default: none. */
  readonly nodes?: readonly string[];
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
  /** The main thread's of node `local`, as it runs now. @throws NODE_UNKNOWN: it was killed and is not back yet */
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  readonly seed: number;
  /** Taken so far. */
  readonly steps: number;
  /** What has gone wrong so far. */
  readonly faults: FaultCounts;
  /** Takes one step. @returns false when there was nothing to do. */
  step(): boolean;
  /**
   * Steps until nothing is left to do without time passing.
   * @throws TESTKIT_UNSETTLED after `maxSteps` (default 1,000,000); WORLD_INVALID
   */
  settle(maxSteps?: number): Promise<void>;
  /** Moves virtual time on, settling at every moment at which something is due. */
  advance(ms: number): Promise<void>;
  /** From now on nothing goes wrong by itself. */
  stopFaults(): void;
  /**
   * @param slot from 1. @param node default `local`.
   * @throws WORLD_INVALID: there is no such slot; NODE_UNKNOWN
   */
  killThread(slot: number, node?: string): void;
  /** The system that a node runs now. @throws NODE_UNKNOWN: it has none, or was killed and is not back yet */
  node(name: string): ActorSystem;
  /** As if its process had died. It is started anew, without any actor, a second later. @throws NODE_UNKNOWN */
  killNode(name: string): void;
  /** Nothing passes between the two nodes until `heal`, killed or not. @throws NODE_UNKNOWN; WORLD_INVALID: it is one node */
  cut(one: string, other: string): void;
  heal(): void;
  /** Stops all actors, and takes no further step. */
  shutdown(): Promise<void>;
}

/**
 * Makes a world; nothing happens in it before the first step.
 * @throws WORLD_INVALID, APP_INVALID, FAULTS_INVALID, THREADS_INVALID (ringBytes), SYSTEM_INVALID (journal),
 *   TELEMETRY_INVALID
 */
export function createWorld(options: WorldOptions): World {
  return new SimulatedWorld(worldRules(options));
}

type WorldRules = WorldOptions & Required<Omit<WorldOptions, "journal" | "telemetry">>;

function worldRules(options: WorldOptions): WorldRules {
  check(isObject(options), "WORLD_INVALID", "A world is made with its options", options);
  const { threads = 2, nodes = [], ringBytes = 4_096, seed = 1, faults = {} } = options;
  if (!isApp(options.app)) throw runtimeError("APP_INVALID", "A world needs the app that defineApp gives");
  const isCount = isWhole(threads, 0) && threads <= MOST_THREADS;
  check(isCount, "WORLD_INVALID", `threads is a whole number from 0 to ${MOST_THREADS}`, threads);
  const areNames = Array.isArray(nodes) && nodes.every(isSegment);
  check(areNames, "WORLD_INVALID", "nodes is an array of names", nodes);
  const areDistinct = new Set([FIRST, ...nodes]).size === nodes.length + 1;
  check(areDistinct, "WORLD_INVALID", `nodes have names of their own, and ${FIRST} is taken`, nodes);
  checkRingBytes(ringBytes);
  return { ...options, threads, nodes, ringBytes, seed, faults };
}

const MOST_THREADS = 63;

const MAX_STEPS = 1_000_000;
/** Between two rounds of promises. */
const STEPS_A_ROUND = 16;
const FIRST = "local";
const RESTART_MS = 1_000;

class SimulatedWorld implements World {
  readonly seed: number;
  readonly clock: VirtualClock;
  steps = 0;
  readonly #options: WorldRules;
  readonly #random: Random;
  readonly #layouts: LayoutTable;
  readonly #faults: Faults;
  readonly #network: Network;
  readonly #nodes: SimulatedNode[];
  #starts = 0;
  #isDown = false;

  constructor(options: WorldRules) {
    const { app, seed, faults, nodes } = options;
    this.seed = seed;
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#layouts = new LayoutTable(app);
    this.#faults = new Faults(faults, this.#random.fork("faults"));
    this.#network = new Network(this.#faults);
    this.clock = new VirtualClock(0, () => this.settle());
    this.#nodes = [FIRST, ...nodes].map((name) => this.#start(name));
  }

  get system(): ActorSystem {
    return this.node(FIRST);
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
    for (const node of this.#nodes) node.flush();
    const choices = this.#nodes.map((node) => node.countChoices());
    const ways = this.#network.busy;
    const all = choices.reduce((sum, count) => sum + count, ways);
    if (all === 0) return false;
    this.#choose(this.#random.below(all), choices);
    return true;
  }

  #choose(choice: number, choices: readonly number[]): void {
    for (const [index, count] of choices.entries()) {
      if (choice < count) {
        this.#nodes[index]!.choose(choice, this.#random);
        return;
      }
      choice -= count;
    }
    this.#network.deliver(choice);
  }

  async settle(maxSteps: number = MAX_STEPS): Promise<void> {
    check(isWhole(maxSteps, 1), "WORLD_INVALID", "maxSteps is a whole number from 1", maxSteps);
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

  killThread(slot: number, node: string = FIRST): void {
    const { threads } = this.#options;
    const isSlot = isWhole(slot, 1) && slot <= threads;
    check(isSlot, "WORLD_INVALID", `A slot is a whole number from 1 to ${threads}`, slot);
    this.#find(node).killThread(slot);
  }

  node(name: string): ActorSystem {
    return this.#find(name).system;
  }

  killNode(name: string): void {
    const node = this.#find(name);
    node.close();
    this.#network.drop(name);
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    this.clock.schedule(RESTART_MS, () => {
      if (!this.#isDown) this.#nodes.push(this.#start(name));
    });
  }

  cut(one: string, other: string): void {
    for (const name of [one, other]) {
      const isNode = name === FIRST || this.#options.nodes.includes(name);
      check(
        isNode,
        "NODE_UNKNOWN",
        `A node of this world is ${[FIRST, ...this.#options.nodes].join(", ")}`,
        name,
      );
    }
    check(one !== other, "WORLD_INVALID", "What is cut are two nodes", [one, other]);
    this.#network.cut(one, other);
  }

  heal(): void {
    this.#network.heal();
  }

  async shutdown(): Promise<void> {
    this.#isDown = true;
    this.stopFaults();
    const down = Promise.all(this.#nodes.map(({ system }) => system.shutdown()));
    await this.settle();
    await down;
    await this.settle();
    for (const node of this.#nodes) node.close();
  }

  #find(name: string): SimulatedNode {
    const node = this.#nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw testkitError("NODE_UNKNOWN", `No node ${shown(name)} runs just now`);
    return node;
  }

  #start(name: string): SimulatedNode {
    const { app, threads, ringBytes, journal = null, telemetry = null, nodes } = this.#options;
    return new SimulatedNode({
      app,
      name,
      clock: this.clock,
      random: this.#random.fork(`node ${name} ${this.#starts++}`),
      layouts: this.#layouts,
      faults: this.#faults,
      threads,
      ringBytes,
      journal,
      telemetry,
      nodes: nodes.length === 0 ? null : nodeRules({ transport: this.#network.transport() }),
    });
  }

  #killSomebody(): void {
    const { threads } = this.#options;
    const node = this.#nodes[this.#nodes.length === 1 ? 0 : this.#faults.below(this.#nodes.length)];
    if (threads === 0 || node === undefined) return;
    node.killThread(1 + this.#faults.below(threads));
    this.#faults.counts.killed += 1;
  }

  #crashSomebody(): void {
    const busy = this.#nodes.flatMap((node) => node.busy);
    const cells = busy.filter(
      (one): one is Cell => one instanceof Cell && one.parent !== null && !this.#faults.spares(one.address),
    );
    if (cells.length === 0) return;
    const cell = cells[this.#faults.below(cells.length)]!;
    this.#faults.counts.crashed += 1;
    cell.system({ kind: "fail", error: testkitError("FAULT_INJECTED", `${cell.address} crashes by plan`) });
  }
}
