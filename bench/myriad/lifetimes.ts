/** Spawning, idling and restarting; the peers' are in `bench/peers/workloads.js`. */
import { actor, createSystem } from "../../runtime/index.ts";
import type { ActorRef, ActorType } from "../../runtime/index.ts";
import { timed, weighed, type Run } from "./measuring.ts";

interface Add {
  readonly kind: "add";
  readonly value: number;
}

/** Each actor gets one message; all stay alive until the process ends. */
export function spawn(): Run {
  return (size) =>
    timed(size, (finish) => {
      const system = createSystem();
      const type = adder(size, finish);
      const refs: ActorRef<Add>[] = [];
      for (let value = 0; value < size; value++) {
        const ref = system.spawn(type, undefined);
        refs.push(ref);
        ref.tell({ kind: "add", value });
      }
    });
}

function adder(size: number, finish: (sum: number) => void): ActorType<undefined, null, Add> {
  let seen = 0;
  let sum = 0;
  return actor({
    name: "adder",
    initial: () => null,
    receive(state, { value }: Add) {
      sum += value;
      if (++seen === size) finish(sum);
      return state;
    },
  });
}

/** Actors that have begun and never got a message; with `told`, that have handled one. */
export function memory(told: boolean): Run {
  const idler: ActorType<undefined, null, Add> = actor({
    name: "idler",
    initial: () => null,
    receive: (state) => state,
  });
  const system = createSystem();
  return (size) =>
    weighed(size, (count) => {
      const refs = new Array<ActorRef<Add>>(count);
      for (let index = 0; index < count; index++) {
        const ref = system.spawn(idler, undefined);
        if (told) ref.tell({ kind: "add", value: index });
        refs[index] = ref;
      }
      return refs;
    });
}

/** An actor that crashes on each message, and gets the next one as soon as it lives again. */
export function restarts(): Run {
  return (size) =>
    timed(size, (finish) => {
      let lives = -1;
      const system = createSystem({ supervision: { maxRestarts: Infinity } });
      const crasher: ActorType<undefined, null, string> = actor({
        name: "crasher",
        initial(_args, ctx) {
          // The first life is no restart.
          if (++lives === size) finish(lives);
          else ctx.self.tell("crash");
          return null;
        },
        receive(): null {
          throw new Error("crash");
        },
      });
      system.spawn(crasher, undefined);
    });
}
