/** What a fork's stretches did, which one comes next, and what is told of them; isolate-measure calls and times them. */
import type { Harness } from "./harness-script.ts";
import { list } from "./inside/intrinsics.ts";
import type { Loaded } from "./inside/observe.ts";
import type { Collected, MeasureTask } from "./isolate-host.ts";
import type { Realm } from "./isolate-room.ts";
import { middleOf, Times } from "./isolate-times.ts";
import type { Observation } from "./protocol.ts";

type BatchMaker = ReturnType<Harness["batchMaker"]>;
export type Batch = ReturnType<BatchMaker>;

/** Every other one calls nothing. */
const SETTLING = 16;
const SAMPLES_AN_EMPTY = 8;
const CLOCK_LOOKS = 51;
/** Odd: the middle one is taken. */
const ALLOCATIONS = 9;

const number = Number;
const max = Math.max;

/** What is called between two looks at the clock. */
export interface Stretch {
  readonly loaded: readonly Loaded[];
  readonly batches: readonly Batch[];
}

type Phase = "warm-up" | "settling" | "timed" | "allocation" | "proof" | "over";

const NOTHING: Loaded = { entry: () => undefined, failure: null };

export class ForkRecord {
  readonly #realm: Realm;
  readonly #task: MeasureTask;
  readonly #makeBatch: BatchMaker;
  readonly #makeEmpty: BatchMaker;
  readonly #warmUp: Times;
  readonly #samples: Times;
  readonly #empties: number[] = list();
  readonly #weights: number[] = list();
  readonly #proof: Observation[] = list();
  #phase: Phase = "warm-up";
  #left: number;
  #first: string | null = null;
  /** The stretch that is under way calls nothing. */
  #empty = false;
  #sinceEmpty = 0;
  #resolutionNs = 0;
  #cpuMs = 0;
  #collections = 0;
  #collectionMs = 0;
  #endWatch: (() => Collected) | null = null;
  #usedBytes = 0;

  constructor(realm: Realm, task: MeasureTask, makeBatch: BatchMaker) {
    this.#realm = realm;
    this.#task = task;
    this.#makeBatch = makeBatch;
    this.#makeEmpty = realm.host.harness.batchMaker(list());
    this.#warmUp = new Times(realm.host, "warm-up");
    this.#samples = new Times(realm.host, "samples");
    this.#left = task.warmUpIterations;
  }

  /** The next stretch, made in a realm that is fresh; null when the fork is over. */
  next(): Stretch | null {
    while (this.#left === 0 && this.#phase !== "over") this.#turn();
    if (this.#phase === "over") return null;
    this.#empty = this.#isEmptyNext();
    if (!this.#empty) this.#left--;
    const { host, factory, job } = this.#realm;
    const loaded: Loaded[] = list();
    const batches: Batch[] = list();
    const empty = this.#empty;
    for (let index = 0; index < this.#size; index++) {
      batches[index] = empty ? this.#makeEmpty(null) : this.#makeBatch(this.#witness);
      loaded[index] = empty ? NOTHING : host.harness.load(factory, job.entry);
    }
    this.#weigh();
    return { loaded, batches };
  }

  #isEmptyNext(): boolean {
    const every = this.#phase === "timed" ? SAMPLES_AN_EMPTY : 1;
    const empty = (this.#phase === "timed" || this.#phase === "settling") && this.#sinceEmpty >= every;
    this.#sinceEmpty = empty ? 0 : this.#sinceEmpty + 1;
    return empty;
  }

  /** Before the pattern of the first iteration is known, and once the realm was touched, one by one. */
  get #size(): number {
    const alone = this.#phase === "allocation" || this.#phase === "proof" || this.#first === null;
    return alone || this.#realm.touched ? 1 : this.#task.stretch;
  }

  get #witness() {
    return this.#phase === "proof" ? this.#realm.host.harness.witnessInto(this.#proof) : null;
  }

  /** A stretch is over. Whether it was time to report. */
  add(stretch: Stretch, ns: bigint, now: bigint): boolean {
    const took = number(ns);
    const size = stretch.batches.length;
    if (this.#empty) {
      this.#empties[this.#empties.length] = took / size;
      return false;
    }
    switch (this.#phase) {
      case "warm-up":
        this.#warmUp.add(this.#failed(stretch) ? null : took / size);
        return this.#warmUp.report(now);
      case "settling":
        return false;
      case "timed":
        this.#samples.add(this.#failed(stretch) ? null : took / size);
        return this.#report(now);
      case "allocation":
        this.#weighed();
        return this.#samples.report(now);
      default:
        this.#prove(stretch.loaded[0]!, stretch.batches[0]!.endings.length);
        return true;
    }
  }

  /** What the watch knows is fetched now and then: its memory would count as the program's. */
  #report(now: bigint): boolean {
    if (!this.#samples.report(now)) return false;
    this.#count();
    this.#endWatch = this.#realm.host.heap?.watch() ?? null;
    return true;
  }

  #count(): void {
    if (this.#endWatch === null) return;
    const { count, ms } = this.#endWatch();
    this.#collections += count;
    this.#collectionMs += ms;
  }

  #failed({ loaded, batches }: Stretch): boolean {
    const { harness } = this.#realm.host;
    let failed = false;
    for (let index = 0; index < batches.length; index++) {
      const pattern = harness.patternOf(batches[index]!);
      this.#first ??= pattern;
      if (loaded[index]!.entry === null || pattern !== this.#first) failed = true;
    }
    return failed;
  }

  #turn(): void {
    const { heap } = this.#realm.host;
    switch (this.#phase) {
      case "warm-up":
        this.#warmUp.flush();
        this.#resolutionNs = this.#smallestStep();
        this.#endWatch = heap === null ? null : heap.watch();
        this.#begin("settling", SETTLING);
        return;
      case "settling":
        this.#cpuMs = this.#realm.host.cpuMs();
        this.#begin("timed", this.#task.iterations);
        return;
      case "timed":
        this.#count();
        this.#cpuMs = this.#realm.host.cpuMs() - this.#cpuMs;
        this.#samples.flush();
        this.#begin("allocation", heap === null ? 0 : ALLOCATIONS);
        return;
      case "allocation":
        this.#realm.host.emit("conditions", this.#conditions());
        this.#begin("proof", 1);
        return;
      default:
        this.#begin("over", 0);
        return;
    }
  }

  #begin(phase: Phase, stretches: number): void {
    this.#phase = phase;
    this.#left = stretches;
  }

  #smallestStep(): number {
    const { now } = this.#realm.host;
    let smallest = 0n;
    for (let index = 0; index < CLOCK_LOOKS; index++) {
      const before = now();
      const step = now() - before;
      if (step > 0n && (smallest === 0n || step < smallest)) smallest = step;
    }
    return number(smallest);
  }

  #weigh(): void {
    const { heap } = this.#realm.host;
    if (this.#phase !== "allocation" || heap === null) return;
    this.#endWatch = heap.watch();
    const firstBytes = heap.usedBytes();
    const secondBytes = heap.usedBytes();
    // What a look takes itself comes off again.
    this.#usedBytes = secondBytes + (secondBytes - firstBytes);
  }

  #weighed(): void {
    const grownBytes = this.#realm.host.heap!.usedBytes() - this.#usedBytes;
    this.#realm.putBack();
    this.#weights[this.#weights.length] = max(0, grownBytes + this.#endWatch!().freedBytes);
  }

  #conditions(): string {
    const { heap } = this.#realm.host;
    const [count, ms] = heap === null ? ["-", "-"] : [this.#collections, this.#collectionMs];
    const allocated = this.#weights.length === 0 ? "-" : middleOf(this.#weights);
    const stretch = this.#realm.touched ? 1 : this.#task.stretch;
    const overheadNs = middleOf(this.#empties);
    return `${this.#resolutionNs} ${overheadNs} ${stretch} ${this.#cpuMs} ${count} ${ms} ${allocated}`;
  }

  #prove({ failure }: Loaded, calls: number): void {
    for (let index = 0; index < calls; index++) {
      this.#realm.emitObservation("proof", failure ?? this.#proof[index]!);
    }
  }
}
