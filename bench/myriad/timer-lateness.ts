/** How late a 5 ms timer of one actor is while another one is flooded; done / seconds is the flood's rate. */
import { performance } from "node:perf_hooks";
import { actor } from "../../runtime/index.ts";
import type { ActorType } from "../../runtime/index.ts";
import { quantileOf } from "../spread.ts";
import type { Run } from "./measuring.ts";
import { newFlood } from "./same-thread.ts";

const BEAT_MS = 5;

/** Notes how late each tick comes, and asks for the next one. */
function clockmaker(latenessMs: number[]): ActorType<undefined, number, "tick"> {
  return actor({
    name: "clockmaker",
    initial(_args, ctx) {
      ctx.timers.single("beat", BEAT_MS, "tick");
      return performance.now() + BEAT_MS;
    },
    receive(dueAt, _message: "tick", ctx) {
      latenessMs.push(performance.now() - dueAt);
      ctx.timers.single("beat", BEAT_MS, "tick");
      return performance.now() + BEAT_MS;
    },
  });
}

export function timerLateness(): Run {
  const { system, run } = newFlood();
  return async (size) => {
    const latenessMs: number[] = [];
    const ref = system.spawn(clockmaker(latenessMs), undefined);
    const measured = await run(size);
    await system.stop(ref);
    // A timer that never came counts as late as the flood was long.
    if (latenessMs.length === 0) latenessMs.push(measured.seconds * 1000);
    return { ...measured, figure: quantileOf(latenessMs, 0.99) };
  };
}
