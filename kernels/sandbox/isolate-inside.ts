/**
 * The isolate engine's work inside of a sandbox process, in the locked-down realm beside the code under
 * test. Pure ECMAScript; what it needs of the process comes as `Host`, which the code never sees.
 *
 *   host                               here
 *   start(host, job)             ->    locks the realm down, evaluates the program, says `ready`
 *   step() until it says `done`  ->    some runs, each in a fresh closure, and frames about them
 *     between two steps the host runs all promise jobs
 */
import type { FrameKind } from "./isolate-frames.ts";
import { dataOf, freeze, isPromise, list, promiseThen } from "./inside/intrinsics.ts";
import type { Loaded } from "./inside/observe.ts";
import { lockDown } from "./isolate-realm.ts";
import type { Harness } from "./harness-script.ts";
import type { EncodedInput, Observation, SandboxSeed } from "./protocol.ts";

export interface Host {
  readonly harness: Harness;
  /** Nanoseconds since an arbitrary start. */
  readonly now: () => bigint;
  readonly emit: (kind: FrameKind, text: string) => void;
  /** What the process's own code may hand to the program beside the language. */
  readonly foreign: readonly unknown[];
  /** Evaluates a script in this realm. */
  readonly evaluate: (code: string) => unknown;
}

export interface Job {
  readonly code: string;
  readonly entry: string;
  readonly seed: SandboxSeed;
  readonly inputs: readonly EncodedInput[];
  readonly task:
    | { readonly kind: "alone" | "sequence" }
    | { readonly kind: "measure"; readonly iterations: number; readonly warmUpIterations: number };
}

export type Step = "more" | "done";
type Factory = () => unknown;
type BatchMaker = ReturnType<Harness["batchMaker"]>;
type Batch = ReturnType<BatchMaker>;
type Witness = NonNullable<Batch["witness"]>;

/** Samples are sent at least this often: the parent tells a long fork from a hung run by it. */
const REPORT_EVERY_NS = 50_000_000n;

const number = Number;

export function start(host: Host, job: Job): () => Step {
  const restartChance = host.harness.prepareWorld(job.seed);
  const restore = lockDown(host.foreign);
  host.emit("ready", "");
  let factory: Factory;
  try {
    factory = frozen(host.evaluate(job.code) as Factory);
  } catch (thrown) {
    host.emit("program", thrown instanceof SyntaxError ? thrown.message : "it throws when it is evaluated");
    return () => "done";
  }
  // The process's own code, too, is to meet the language as it was.
  const emit = (kind: FrameKind, text: string): void => {
    restore();
    host.emit(kind, text);
  };
  const realm = new Realm({ ...host, emit }, job, factory, () => {
    const fresh = restore();
    restartChance();
    return fresh;
  });
  const { task } = job;
  return task.kind === "measure" ? measuring(realm, task) : observing(realm, task.kind);
}

/** It outlives every run, and sloppy code in it reaches it, as what called it. */
function frozen(factory: Factory): Factory {
  freeze(dataOf(freeze(factory), "prototype"));
  return factory;
}

/** A promise's answer, once all jobs ran; asking for it again gives waits up that nothing can end. */
class Answer<Value> {
  #value: Value | null = null;
  #arrivedAt = 0n;

  constructor(given: Value | Promise<Value>, now: () => bigint) {
    if (!isPromise(given)) {
      this.#value = given as Value;
      return;
    }
    const arrived = (value: unknown): void => {
      this.#arrivedAt = now();
      this.#value = value as Value;
    };
    promiseThen(given, arrived, () => undefined);
  }

  get value(): Value | null {
    return this.#value;
  }

  get arrivedAt(): bigint {
    return this.#arrivedAt;
  }
}

class Realm {
  readonly host: Host;
  readonly job: Job;
  readonly factory: Factory;
  readonly #refresh: () => boolean;

  constructor(host: Host, job: Job, factory: Factory, refresh: () => boolean) {
    this.host = host;
    this.job = job;
    this.factory = factory;
    this.#refresh = refresh;
  }

  /** False: the realm is spoiled, the parent was told, and nothing may run here any more. */
  refresh(): boolean {
    const fresh = this.#refresh();
    if (!fresh) this.host.emit("spoiled", "");
    return fresh;
  }

  emitObservation(kind: "observation" | "proof", { outcome, text }: Observation): void {
    this.host.emit(kind, `${outcome}\n${text}`);
  }

  /** All inputs in order in one closure, each observation a frame. Steps of its own. */
  sequence(): () => Step {
    const { harness } = this.host;
    let answer: Answer<readonly Observation[]> | null = null;
    return () => {
      if (answer === null) {
        if (!this.refresh()) return "done";
        answer = new Answer(
          harness.observeSequence(this.factory, this.job.entry, this.job.inputs),
          this.host.now,
        );
        return "more";
      }
      if (answer.value === null) {
        harness.stalled();
        return "more";
      }
      const observations = answer.value;
      for (let index = 0; index < observations.length; index++) {
        this.emitObservation("observation", observations[index]!);
      }
      return "done";
    };
  }
}

function observing(realm: Realm, order: "alone" | "sequence"): () => Step {
  if (order === "sequence") return realm.sequence();
  const { harness } = realm.host;
  const { inputs, entry } = realm.job;
  let index = 0;
  let answer: Answer<Observation> | null = null;
  return () => {
    if (index === inputs.length) return "done";
    if (answer === null) {
      if (!realm.refresh()) return "done";
      answer = new Answer(harness.observe(realm.factory, entry, inputs[index]!), realm.host.now);
      // Promise jobs that the call left behind are run before the next one begins.
      return "more";
    }
    if (answer.value === null) {
      harness.stalled();
      return "more";
    }
    realm.emitObservation("observation", answer.value);
    answer = null;
    index++;
    return "more";
  };
}

/** Times of iterations on their way to the parent. */
class Samples {
  readonly #host: Host;
  #text = "";
  #reportedAt: bigint;

  constructor(host: Host) {
    this.#host = host;
    this.#reportedAt = host.now();
  }

  add(ns: number | null): void {
    this.#text += `${this.#text === "" ? "" : " "}${ns === null ? "-" : ns}`;
  }

  /** Whether it was time to report. */
  report(now: bigint): boolean {
    if (now - this.#reportedAt < REPORT_EVERY_NS) return false;
    this.flush();
    this.#reportedAt = now;
    return true;
  }

  flush(): void {
    this.#host.emit("samples", this.#text);
    this.#text = "";
  }
}

interface MeasureTask {
  readonly iterations: number;
  readonly warmUpIterations: number;
}

/**
 * A fork: the warm-up, the timed iterations, and one more that is observed: the proof. The program cannot tell
 * the proof from the others: its calls come by the same way, to the line, and nothing it could count survives
 * an iteration.
 */
function measuring(realm: Realm, task: MeasureTask): () => Step {
  let loop: (() => Step) | null = null;
  return () => {
    if (loop !== null) return loop();
    if (!realm.refresh()) return "done";
    const makeBatch = realm.host.harness.batchMaker(realm.job.inputs);
    const makeLoop = givesPromises(realm, makeBatch(null)) ? asyncLoop : syncLoop;
    loop = makeLoop(realm, new ForkRecord(realm, task), makeBatch);
    return "more";
  };
}

function givesPromises({ host: { harness }, factory, job }: Realm, batch: Batch): boolean {
  const { entry } = harness.load(factory, job.entry);
  const promises = entry !== null && harness.returnsPromises(entry, batch);
  harness.stalled();
  return promises;
}

/** What a fork's iterations did, and how many there are. */
class ForkRecord {
  readonly #realm: Realm;
  readonly #samples: Samples;
  readonly #warmUp: number;
  readonly #total: number;
  readonly #proof: Observation[] = list();
  #first: string | null = null;
  #done = 0;

  constructor(realm: Realm, { iterations, warmUpIterations }: MeasureTask) {
    this.#realm = realm;
    this.#samples = new Samples(realm.host);
    this.#warmUp = warmUpIterations;
    this.#total = warmUpIterations + iterations;
  }

  /** Of the next iteration; null unless it is the proof. */
  get witness(): Witness | null {
    return this.#done === this.#total ? this.#realm.host.harness.witnessInto(this.#proof) : null;
  }

  get complete(): boolean {
    return this.#done > this.#total;
  }

  /** An iteration is over. Whether it was time to report. */
  add(loaded: Loaded, batch: Batch, ns: bigint, now: bigint): boolean {
    const at = this.#done++;
    if (at === this.#total) return this.#prove(loaded, batch.endings.length);
    const pattern = this.#realm.host.harness.patternOf(batch);
    this.#first ??= pattern;
    const failed = loaded.entry === null || pattern !== this.#first;
    if (at >= this.#warmUp) this.#samples.add(failed ? null : number(ns));
    return this.#samples.report(now);
  }

  #prove({ failure }: Loaded, calls: number): true {
    this.#samples.flush();
    for (let index = 0; index < calls; index++) {
      this.#realm.emitObservation("proof", failure ?? this.#proof[index]!);
    }
    return true;
  }
}

/** Iterations in a row, until it is time to report. */
function syncLoop(realm: Realm, record: ForkRecord, makeBatch: BatchMaker): () => Step {
  const { harness, now } = realm.host;
  const { factory, job } = realm;
  return () => {
    for (;;) {
      if (record.complete || !realm.refresh()) return "done";
      const batch = makeBatch(record.witness);
      const loaded = harness.load(factory, job.entry);
      const { entry } = loaded;
      const before = now();
      if (entry !== null) harness.runBatch(entry, batch);
      const after = now();
      if (record.add(loaded, batch, after - before, after)) return "more";
    }
  };
}

interface AsyncRun {
  readonly loaded: Loaded;
  readonly batch: Batch;
  readonly before: bigint;
  readonly answer: Answer<number>;
}

function beginAsync({ host: { harness, now }, factory, job }: Realm, batch: Batch): AsyncRun {
  const loaded = harness.load(factory, job.entry);
  const { entry } = loaded;
  const before = now();
  const answer = new Answer(entry === null ? 0 : harness.runBatchAsync(entry, batch), now);
  return { loaded, batch, before, answer };
}

/** An iteration takes two steps or more: it ends in a promise job. */
function asyncLoop(realm: Realm, record: ForkRecord, makeBatch: BatchMaker): () => Step {
  const { harness, now } = realm.host;
  let run: AsyncRun | null = null;
  return () => {
    if (run === null) {
      if (record.complete || !realm.refresh()) return "done";
      run = beginAsync(realm, makeBatch(record.witness));
      return "more";
    }
    // Called in any case: it also ends the waits that the harness keeps of those that are over.
    harness.stalled();
    const { loaded, batch, before, answer } = run;
    if (answer.value === null) return "more";
    run = null;
    record.add(loaded, batch, answer.arrivedAt - before, now());
    return "more";
  };
}
