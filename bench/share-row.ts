import { clopperPearsonLower, clopperPearsonUpper, type Rate } from "../kernels/statistics/index.ts";
import type { Measured } from "./bench-row.ts";

/** How often something happened in so many simulated runs, with what chance alone leaves of that figure. */
export function measuredShare(
  name: string,
  { events, n }: Rate,
  detail: string,
): Measured & { readonly note: string } {
  const lo = clopperPearsonLower({ events, n }, 0.95).toFixed(4);
  const hi = clopperPearsonUpper({ events, n }, 0.95).toFixed(4);
  return {
    name,
    unit: "share",
    value: events / n,
    note: `${detail}; ${events} of ${n}, 90 % within ${lo}–${hi}`,
  };
}
