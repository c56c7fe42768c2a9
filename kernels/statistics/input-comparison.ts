/**
 * Two versions compared by one exact figure an input: a size, a count, a score. Nothing is noisy but the choice of the
 * inputs, so they are the units, and since both versions had the same ones they come in pairs: one-sided t tests
 * on candidate − factor × baseline of each input ask the three questions of `hypotheses.ts`, and the interval holds
 * the ratios that they do not reject (E. C. Fieller, J. Royal Statistical Society B 16, 1954). What is claimed is
 * claimed of the mean over inputs like these. Versions that give the same figure on every input do not differ
 * by more than a tolerance above 0, however few the inputs are.
 */
import { forkSummary, type MetricComparison } from "./comparison.ts";
import { cliffsDelta, hedgesG } from "./effect-size.ts";
import { statisticsError } from "./errors.ts";
import { ofEveryFamily, type Direction } from "./hypotheses.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { contrastSums, NO_PAIRS, ratioInterval, withPair, type PairMoments } from "./pair-moments.ts";
import { studentTQuantile } from "./student-t.ts";
import { requireSamples, requireThat, requireTolerance } from "./validate.ts";
import { contrastTails, type Tails } from "./welch.ts";

export interface InputsRequest {
  /** One figure an input, in the same order; at least two. */
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly direction: Direction;
  readonly tolerance: number;
}

/** `n` counts inputs: each version stands as one fork whose iterations are the inputs. `ci99` is Fieller's. */
export type InputsComparison = Omit<MetricComparison, "test"> & { readonly test: "paired-t-on-inputs" };

/** @throws STATISTICS_EMPTY, STATISTICS_TOO_FEW, STATISTICS_NOT_FINITE, STATISTICS_NEGATIVE_BASELINE, STATISTICS_BAD_ARGUMENT */
export function compareInputs({
  baseline,
  candidate,
  direction,
  tolerance,
}: InputsRequest): InputsComparison {
  requireSamples(baseline, 2, "baseline");
  requireSamples(candidate, 2, "candidate");
  requireThat(baseline.length === candidate.length, "both versions have one figure an input", "candidate");
  requireTolerance(tolerance);
  const moments = baseline.reduce((before, value, at) => withPair(before, value, candidate[at]!), NO_PAIRS);
  const { baselineMean, candidateMean } = moments;
  if (baselineMean < 0) {
    throw statisticsError("STATISTICS_NEGATIVE_BASELINE", `the baseline's mean is ${baselineMean}`);
  }
  const df = baseline.length - 1;
  const isSame = baseline.every((value, at) => value === candidate[at]);
  const ratio = candidateMean / baselineMean;
  return {
    test: "paired-t-on-inputs",
    direction,
    tolerance,
    forks: 1,
    iterationsPerFork: baseline.length,
    intraForkCorrelation: null,
    baseline: forkSummary(baseline),
    candidate: forkSummary(candidate),
    p: isSame
      ? { regressed: 1, nonInferior: tolerance > 0 ? 0 : 1, improved: 1 }
      : ofEveryFamily(direction, tolerance, ({ factor, side }) => pairedTails(moments, factor)[side]),
    relDelta: isSame ? 0 : Number.isFinite(ratio) ? ratio - 1 : null,
    ci99: isSame ? [0, 0] : ratioInterval(moments, studentTQuantile(0.995, df) ** 2 / df),
    mannWhitneyP: mannWhitney(baseline, candidate).p,
    hedgesG: hedgesG(baseline, candidate),
    cliffsDelta: cliffsDelta(baseline, candidate),
  };
}

function pairedTails(moments: PairMoments, factor: number): Tails {
  const { n, mean, squares } = contrastSums(moments, factor);
  return contrastTails({ estimate: mean, standardError: Math.sqrt(squares / (n - 1) / n), df: n - 1 });
}
