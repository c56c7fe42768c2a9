/**
 * One fork in a sandbox process, from its first iteration to its proof.
 *
 *   warm-up       thrown away, but its times are told: whether it got steady is judged from outside
 *   settling      a few more, thrown away: turning to what comes next is work of another kind
 *   timed         the samples, and among them stretches that call nothing: what those take is the overhead, found
 *                 in the state in which the code is while it matters
 *   allocation    a few iterations between two looks at the heap
 *   proof         one iteration, observed
 *
 * A stretch is what lies between two looks at the clock: one iteration, or several in a row where one would be
 * too short for the clock. Each has a closure and arguments of its own; the realm is put back, and chance begun
 * anew, between stretches, so a program that ever needed that has its iterations timed one by one.
 *
 * The program cannot tell the proof from the others: its calls come by the same way, to the line, and nothing
 * it could count survives an iteration.
 */
import { ForkRecord } from "./isolate-fork-record.ts";
import type { Batch, Stretch } from "./isolate-fork-record.ts";
import type { MeasureTask, Step } from "./isolate-host.ts";
import { Answer } from "./isolate-room.ts";
import type { Realm } from "./isolate-room.ts";

export function measuring(realm: Realm, task: MeasureTask): () => Step {
  let loop: (() => Step) | null = null;
  return () => {
    if (loop !== null) return loop();
    if (!realm.refresh()) return "done";
    const makeBatch = realm.host.harness.batchMaker(realm.job.inputs);
    const async = givesPromises(realm, makeBatch(null));
    // Only a warm-up shows whether the program leaves the realm alone.
    const single = async || task.warmUpIterations === 0;
    const record = new ForkRecord(realm, single ? { ...task, stretch: 1 } : task, makeBatch);
    loop = async ? asyncLoop(realm, record) : syncLoop(realm, record);
    return "more";
  };
}

function givesPromises({ host: { harness }, factory, job }: Realm, batch: Batch): boolean {
  const { entry } = harness.load(factory, job.entry);
  const promises = entry !== null && harness.returnsPromises(entry, batch);
  harness.stalled();
  return promises;
}

/** Stretches in a row, until it is time to report. */
function syncLoop(realm: Realm, record: ForkRecord): () => Step {
  const { now } = realm.host;
  return () => {
    for (;;) {
      if (!realm.refresh()) return "done";
      const stretch = record.next();
      if (stretch === null) return "done";
      const ns = timeStretch(realm, stretch);
      if (record.add(stretch, ns, now())) return "more";
    }
  };
}

function timeStretch({ host }: Realm, { loaded, batches }: Stretch): bigint {
  const { harness, now } = host;
  const before = now();
  for (let index = 0; index < batches.length; index++) {
    const { entry } = loaded[index]!;
    if (entry !== null) harness.runBatch(entry, batches[index]!);
  }
  return now() - before;
}

interface AsyncRun {
  readonly stretch: Stretch;
  readonly before: bigint;
  readonly answer: Answer<number>;
}

function beginAsync({ host: { harness, now } }: Realm, stretch: Stretch): AsyncRun {
  const { entry } = stretch.loaded[0]!;
  const before = now();
  const answer = new Answer(entry === null ? 0 : harness.runBatchAsync(entry, stretch.batches[0]!), now);
  return { stretch, before, answer };
}

/** An iteration takes two steps or more: it ends in a promise job. Stretches are of one. */
function asyncLoop(realm: Realm, record: ForkRecord): () => Step {
  const { harness, now } = realm.host;
  let run: AsyncRun | null = null;
  return () => {
    if (run === null) {
      const stretch = realm.refresh() ? record.next() : null;
      if (stretch === null) return "done";
      run = beginAsync(realm, stretch);
      return "more";
    }
    // Called in any case: it also ends the waits that the harness keeps of those that are over.
    harness.stalled();
    const { stretch, before, answer } = run;
    if (answer.value === null) return "more";
    run = null;
    record.add(stretch, answer.arrivedAt - before, now());
    return "more";
  };
}
