/** What a bench refuses. */
import { errorsOf } from "../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../runtime/contracts/index.ts";

export type BenchCode = "BENCH_WORK_INVALID" | "BENCH_INTERRUPTED";

export const BENCH_ERRORS: Readonly<Record<BenchCode, ErrorDefinition>> = {
  BENCH_WORK_INVALID: {
    fault: "internal",
    meaning: "what was measured did not do its work, so there is no figure",
    hint: "the message says which work; run the same thing by itself to see why",
  },
  BENCH_INTERRUPTED: {
    fault: "interrupted",
    meaning: "the bench was stopped from outside; nothing of it is kept",
    hint: "start it again",
  },
};

export const benchError: (code: BenchCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(BENCH_ERRORS);
