/**
 * What stands in a realm that is only measured: the batch and its loop, and nothing else, since the whole of
 * a realm's memory is written back before every iteration. Texts in, texts out, as in `driver.ts`.
 */
import type { EncodedInput } from "../protocol.ts";
import type { Batch } from "./batch.ts";
import { batchMaker, returnsPromises, runBatch, runBatchAsync } from "./batch.ts";
import { promiseThen } from "./intrinsics.ts";
import type { Entry, ProgramFactory } from "./load.ts";
import { loadEntry } from "./load.ts";
import { stalled } from "./settle.ts";
import { prepareWorld } from "./world.ts";

export interface Meter {
  /** Decodes the batch, a JSON array of inputs, then loads the program: what comes next is one run. */
  prepare(inputs: string): string;
  /** `sync` or `async`: the loop that this batch needs. Uses the batch up. */
  probe(): string;
  /** The bytes that a run writes, one a call: how it ended. */
  endings(): Uint8Array;
  run(): void;
  /** Begins; ended when `poll` answers `done`. */
  runAsync(): void;
  poll(): string;
  stalled(): void;
}

export interface MeterKit {
  readonly prepareWorld: typeof prepareWorld;
  readonly makeMeter: (factory: ProgramFactory, name: string) => Meter;
}

export const meterKit: MeterKit = { prepareWorld, makeMeter };

function makeMeter(factory: ProgramFactory, name: string): Meter {
  let batch: Batch;
  let entry: Entry;
  let state = "";
  return {
    prepare(inputs) {
      batch = batchMaker(JSON.parse(inputs) as readonly EncodedInput[])(null);
      const loaded = loadEntry(factory, name);
      if (loaded === null) throw new TypeError("the export is not a function");
      entry = loaded;
      return "ready";
    },
    probe: () => (returnsPromises(entry, batch) ? "async" : "sync"),
    endings: () => batch.endings,
    run: () => runBatch(entry, batch),
    runAsync() {
      promiseThen(
        runBatchAsync(entry, batch),
        () => {
          state = "done";
        },
        () => undefined,
      );
    },
    poll: () => state,
    stalled,
  };
}
