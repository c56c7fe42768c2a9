/**
 * One iteration in a realm beside the bare copy of as many bytes, in turns, on one thread. The least of each
 * counts: what disturbs a turn only ever adds time.
 */
import { meterScript } from "../../kernels/sandbox/harness-script.ts";
import { closeRoom, openRoom } from "../../kernels/sandbox/realm-room.ts";
import { LIMITS, programOf, SEED, TRIVIAL } from "./bodies.ts";
import type { Result } from "./result.ts";

const TURN = 500;
const DEADLINE_MS = 600_000;

/** @returns `figure`: of an iteration, µs; `other`: of a copy, µs. */
export async function iterationAndCopy(size: number): Promise<Result> {
  const plan = {
    program: programOf(TRIVIAL),
    seed: SEED,
    limits: LIMITS,
    script: meterScript(),
    make: "makeMeter",
  } as const;
  const room = await openRoom(plan, ["prepare", "run", "endings"]);
  const { machine, functions } = room;
  machine.begin(performance.now() + DEADLINE_MS);
  machine.call(functions.get("prepare")!, machine.text(JSON.stringify([TRIVIAL.input])));
  const run = functions.get("run")!;
  const ready = machine.snapshot();
  const plain = new Uint8Array(ready.heapAddress + ready.heap.length);
  let check = 0;
  const iterate = (): void => {
    machine.restore(ready);
    machine.begin(performance.now() + DEADLINE_MS);
    if (machine.ended(machine.callUnguarded(run)).how === "returned") check++;
  };
  const copy = (): void => {
    plain.set(ready.data);
    plain.set(ready.heap, ready.heapAddress);
  };
  const [iterations, copies]: [number[], number[]] = [[], []];
  for (let done = 0; done < size; done += TURN) {
    iterations.push(microsecondsOf(iterate));
    copies.push(microsecondsOf(copy));
  }
  closeRoom(room);
  return { done: size, seconds: 0, check, figure: Math.min(...iterations), other: Math.min(...copies) };
}

/** Of one call, over a turn of them. */
function microsecondsOf(act: () => void): number {
  const start = performance.now();
  for (let index = 0; index < TURN; index++) act();
  return ((performance.now() - start) / TURN) * 1_000;
}
