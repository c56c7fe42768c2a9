/** Polls what real processes leave no event for: a condition, with a deadline. */
import { setTimeout as after } from "node:timers/promises";

const POLL_MS = 20;

/** @param what for the message when it never comes true. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  const last = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > last) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await after(POLL_MS);
  }
}
