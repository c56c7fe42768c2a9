/**
 * The isolate engine's work inside of a sandbox process, in the locked-down realm beside the code under
 * test. Pure ECMAScript; what it needs of the process comes as `Host`, which the code never sees.
 *
 *   host                               here
 *   start(host, job)             ->    locks the realm down, evaluates the program, says `ready`
 *   step() until it says `done`  ->    some runs, each in a fresh closure, and frames about them
 *     between two steps the host runs all promise jobs
 */
import { dataOf, defineProperty, freeze } from "./inside/intrinsics.ts";
import type { Factory, Host, Job, Step } from "./isolate-host.ts";
import { measuring } from "./isolate-measure.ts";
import { lockDown } from "./isolate-realm.ts";
import type { Chance } from "./isolate-room.ts";
import { Answer, Realm } from "./isolate-room.ts";
import type { Observation } from "./protocol.ts";

export function start(host: Host, job: Job): () => Step {
  const chance = watchedChance(host.harness.prepareWorld(job.seed));
  const restore = lockDown(host.foreign, job.globals);
  host.emit("ready", "");
  let factory: Factory;
  try {
    factory = frozen(host.evaluate(job.code) as Factory);
  } catch (thrown) {
    host.emit("program", thrown instanceof SyntaxError ? thrown.message : "it throws when it is evaluated");
    return () => "done";
  }
  const realm = new Realm(host, job, factory, restore, chance);
  const { task } = job;
  return task.kind === "measure" ? measuring(realm, task) : observing(realm, task.kind);
}

/** Before the lock-down, which freezes it with the rest. */
function watchedChance(restart: () => void): Chance {
  const draw = Math.random;
  let drawn = false;
  const random = (): number => {
    drawn = true;
    return draw();
  };
  defineProperty(Math, "random", { value: random });
  return {
    wasDrawn: () => drawn,
    restart() {
      drawn = false;
      restart();
    },
  };
}

/** It outlives every run, and sloppy code in it reaches it, as what called it. */
function frozen(factory: Factory): Factory {
  freeze(dataOf(freeze(factory), "prototype"));
  return factory;
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
