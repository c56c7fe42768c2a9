/**
 * The time that passes inside of a sandbox: none while code runs, and as much as the next timer waits for when
 * nothing else is left to run. A deadline in real time stands behind it.
 */

let elapsed = 0;

/** Milliseconds since the run began. */
export function elapsedMs(): number {
  return elapsed;
}

export function advanceTo(ms: number): void {
  elapsed = ms;
}
