import {
  errorsOf,
  type ErrorDetail,
  type ErrorDefinition,
  type MyriadError,
} from "../../runtime/contracts/index.ts";

export type StatisticsCode =
  | "STATISTICS_EMPTY"
  | "STATISTICS_TOO_FEW"
  | "STATISTICS_NOT_FINITE"
  | "STATISTICS_NEGATIVE_BASELINE"
  | "STATISTICS_BAD_ARGUMENT";

export const STATISTICS_ERRORS: Readonly<Record<StatisticsCode, ErrorDefinition>> = {
  STATISTICS_EMPTY: {
    fault: "internal",
    meaning: "A computation was asked for no data at all: no sample, no fork, no p value, no verdict.",
    hint: "Check that the burst delivered its samples before they are judged.",
  },
  STATISTICS_TOO_FEW: {
    fault: "input",
    meaning: "There are fewer samples or forks than the estimate needs to exist.",
    hint: "Raise the number of runs or forks.",
  },
  STATISTICS_NOT_FINITE: {
    fault: "internal",
    meaning: "A sample is NaN, infinite, or larger than 1e100 in magnitude.",
    hint: "Record a failed or censored iteration as an outcome; only measured numbers are samples.",
  },
  STATISTICS_NEGATIVE_BASELINE: {
    fault: "input",
    meaning: "The baseline's mean is negative, so a relative change has no meaning.",
    hint: "Choose a metric that cannot be negative, such as a duration, a count or a size.",
  },
  STATISTICS_BAD_ARGUMENT: {
    fault: "input",
    meaning:
      "A parameter such as a tolerance, a probability, a count or a number of resamples is out of its range.",
    hint: "The message names the parameter and its range.",
  },
};

export const statisticsError: (code: StatisticsCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(STATISTICS_ERRORS);
