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
import { isPromise, list, promiseThen } from "./inside/intrinsics.ts";
import type { Loaded } from "./inside/observe.ts";
import { lockDown } from "./isolate-realm.ts";
import type { Harness } from "./harness-script.ts";
import type { EncodedInput, Observation, SandboxSeed } from "./protocol.ts";

export interface Host {
  readonly harness: Harness;
  /** Nanoseconds since an arbitrary start. */
  readonly now: () => bigint;
  readonly emit: (kind: FrameKind, text: string) => void;
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
type Batch = ReturnType<ReturnType<Harness["batchMaker"]>>;

/** Samples are sent at least this often: the parent tells a long fork from a hung run by it. */
const REPORT_EVERY_NS = 50_000_000n;

const number = Number;

export function start(host: Host, job: Job): () => Step {
  const restartChance = host.harness.prepareWorld(job.seed);
  const restore = lockDown();
  host.emit("ready", "");
  let factory: Factory;
  try {
    factory = host.evaluate(job.code) as Factory;
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
  sequence(kind: "observation" | "proof"): () => Step {
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
        this.emitObservation(kind, observations[index]!);
      }
      return "done";
    };
  }
}

function observing(realm: Realm, order: "alone" | "sequence"): () => Step {
  if (order === "sequence") return realm.sequence("observation");
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
    const record = new ForkRecord(realm, task);
    loop = givesPromises(realm, makeBatch())
      ? asyncLoop(realm, record, makeBatch)
      : syncLoop(realm, record, makeBatch);
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

  get proving(): boolean {
    return this.#done === this.#total;
  }

  get complete(): boolean {
    return this.#done > this.#total;
  }

  /** The calls of the next iteration: all at once, or one by one for the proof. */
  batches(batch: Batch): ArrayLike<Batch> {
    if (this.proving) return this.#realm.host.harness.splitBatch(batch);
    const whole: Batch[] = list();
    whole[0] = batch;
    return whole;
  }

  /** A batch was run. */
  add({ entry, failure }: Loaded, batch: Batch, ns: bigint): void {
    const { harness } = this.#realm.host;
    if (this.proving) {
      this.#proof[this.#proof.length] = entry === null ? failure : harness.observeBatch(batch);
      return;
    }
    const pattern = harness.patternOf(batch);
    this.#first ??= pattern;
    const failed = entry === null || pattern !== this.#first;
    if (this.#done >= this.#warmUp) this.#samples.add(failed ? null : number(ns));
  }

  /** An iteration is over. Whether it was time to report. */
  next(now: bigint): boolean {
    this.#done++;
    if (this.proving) this.#samples.flush();
    if (!this.complete) return this.#samples.report(now);
    for (let index = 0; index < this.#proof.length; index++) {
      this.#realm.emitObservation("proof", this.#proof[index]!);
    }
    return true;
  }
}

/** Iterations in a row, until it is time to report. */
function syncLoop(realm: Realm, record: ForkRecord, makeBatch: () => Batch): () => Step {
  const { harness, now } = realm.host;
  const { factory, job } = realm;
  return () => {
    for (;;) {
      if (record.complete || !realm.refresh()) return "done";
      const batches = record.batches(makeBatch());
      const loaded = harness.load(factory, job.entry);
      const { entry } = loaded;
      let after = 0n;
      for (let index = 0; index < batches.length; index++) {
        const batch = batches[index]!;
        const before = now();
        if (entry !== null) harness.runBatch(entry, batch);
        after = now();
        record.add(loaded, batch, after - before);
      }
      if (record.next(after)) return "more";
    }
  };
}

/** A batch takes two steps or more: it ends in a promise job. */
function asyncLoop(realm: Realm, record: ForkRecord, makeBatch: () => Batch): () => Step {
  const { harness, now } = realm.host;
  let batches: ArrayLike<Batch> = list();
  let loaded: Loaded | null = null;
  let at = 0;
  let before = 0n;
  let answer: Answer<number> | null = null;
  const begin = (): boolean => {
    if (at < batches.length) return true;
    if (record.complete || !realm.refresh()) return false;
    batches = record.batches(makeBatch());
    loaded = harness.load(realm.factory, realm.job.entry);
    at = 0;
    return true;
  };
  return () => {
    if (answer === null) {
      if (!begin()) return "done";
      const { entry } = loaded!;
      before = now();
      answer = new Answer(entry === null ? 0 : harness.runBatchAsync(entry, batches[at]!), now);
      return "more";
    }
    // Called in any case: it also ends the waits that the harness keeps of those that are over.
    harness.stalled();
    if (answer.value === null) return "more";
    record.add(loaded!, batches[at]!, answer.arrivedAt - before);
    answer = null;
    at++;
    if (at === batches.length) record.next(now());
    return "more";
  };
}
