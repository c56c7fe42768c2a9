import { sandboxError } from "./errors.ts";
import { SANDBOX_CAPS } from "./protocol.ts";
import type { SandboxLimits } from "./protocol.ts";

const NAMES: readonly (keyof SandboxLimits)[] = ["memoryMb", "cpuSeconds", "diskMb", "wallSeconds"];

/** @throws SANDBOX_LIMITS when a limit is not a positive number or is above its cap. */
export function checkLimits(limits: SandboxLimits): void {
  for (const name of NAMES) {
    const value = limits[name];
    if (value > 0 && value <= SANDBOX_CAPS[name]) continue;
    const message = `the limit ${name} is ${value}; it must be above 0 and at most ${SANDBOX_CAPS[name]}`;
    throw sandboxError("SANDBOX_LIMITS", message);
  }
}
