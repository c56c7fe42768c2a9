/** `performance` on the virtual clock: it tells what timers waited for, and never how long anything took. */
import type { SandboxSeed } from "../protocol.ts";
import { publish } from "./slots.ts";
import { elapsedMs } from "./virtual-clock.ts";

export function installPerformance({ epochMs: timeOrigin }: SandboxSeed): void {
  publish("performance", {
    timeOrigin,
    now: () => elapsedMs(),
    toJSON: () => ({ timeOrigin }),
  });
}
