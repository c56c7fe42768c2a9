/**
 * What runs inside of a sandbox, beside the code under test: pure ECMAScript, bundled to one expression that
 * both engines evaluate (see ../harness-script.ts) and that gives this object.
 *
 *   engine                                          harness
 *   evaluates the script in a fresh realm      ->   keeps the language as it is now
 *   prepareWorld(seed), then freezes or
 *     snapshots, then evaluates the program         (the program's code gives a factory; not called yet)
 *   observe / observeSequence / generate       ->   calls the factory: that is a fresh module
 *   or load, batchMaker and runBatch                 for the measured loop
 *   promise still pending, no job left:
 *     stalled()                                ->   gives up the wait
 *
 * Records and lists that come back have no prototype (a planted `then` or setter would be met otherwise):
 * read lists by index, copy records by field.
 */
import { batchMaker, patternOf, returnsPromises, runBatch, runBatchAsync } from "./batch.ts";
import { decodeInput, encodeInput } from "./codec.ts";
import { makeDriver } from "./driver.ts";
import { generate } from "./generate.ts";
import { load, observe, observeSequence } from "./observe.ts";
import { witnessInto } from "./proof.ts";
import { stalled } from "./settle.ts";
import { prepareWorld } from "./world.ts";

export interface Harness {
  /** Replaces Math.random, Date, Proxy and console, once and for all; the returned function starts chance anew. */
  readonly prepareWorld: typeof prepareWorld;
  /** Argument list of an input. @throws when devalue did not write it. */
  readonly decode: typeof decodeInput;
  /** The other way; what devalue refuses is answered with its path, not thrown. */
  readonly encode: typeof encodeInput;
  /** Fresh module, one call, everything to be seen of it. Never throws for what the program does. */
  readonly observe: typeof observe;
  /** Fresh module, all calls in order. */
  readonly observeSequence: typeof observeSequence;
  /** Call when a promise given by this object is pending and no job is left to run; then run jobs again. */
  readonly stalled: typeof stalled;
  /** Fresh module for the measured loop: its entry, or what went wrong. */
  readonly load: typeof load;
  /** Makes batches; each run needs one of its own, since calls may change their arguments. */
  readonly batchMaker: typeof batchMaker;
  /** The measured loop, for functions that return no promises. */
  readonly runBatch: typeof runBatch;
  /** The measured loop, for functions that do. */
  readonly runBatchAsync: typeof runBatchAsync;
  /** Which of the two: runs a batch in a fresh module that is thrown away afterwards. */
  readonly returnsPromises: typeof returnsPromises;
  /** Of a batch that is observed and not timed: what each of its calls did. */
  readonly witnessInto: typeof witnessInto;
  /** How the calls of a run ended, to be compared between runs. */
  readonly patternOf: typeof patternOf;
  /** Runs a generator module. */
  readonly generate: typeof generate;
  /** All of the above for one program, in texts. */
  readonly makeDriver: typeof makeDriver;
}

export const harness: Harness = Object.freeze({
  prepareWorld,
  decode: decodeInput,
  encode: encodeInput,
  observe,
  observeSequence,
  stalled,
  load,
  batchMaker,
  runBatch,
  runBatchAsync,
  returnsPromises,
  witnessInto,
  patternOf,
  generate,
  makeDriver,
});
