export { STATISTICS_ERRORS } from "./errors.ts";
export { normalCdf, normalQuantile } from "./normal.ts";
export { studentTCdf, studentTQuantile } from "./student-t.ts";
export { summarise } from "./summary.ts";
export type { Summary } from "./summary.ts";
export { outlierClasses } from "./outliers.ts";
export type { OutlierClass, OutlierClasses, Outliers } from "./outliers.ts";
export type { Interval } from "./quantile.ts";
export { welchTest } from "./welch.ts";
export type { Alternative, WelchResult } from "./welch.ts";
export { equivalenceTest, nonInferiorityTest } from "./equivalence.ts";
export type {
  EquivalenceRequest,
  EquivalenceResult,
  Margin,
  NonInferiorityRequest,
  NonInferiorityResult,
} from "./equivalence.ts";
export { mannWhitney } from "./mann-whitney.ts";
export type { MannWhitneyResult } from "./mann-whitney.ts";
export { cliffsDelta, hedgesG } from "./effect-size.ts";
export {
  clopperPearsonLower,
  clopperPearsonUpper,
  newcombeInterval,
  wilsonInterval,
  zeroFailureBound,
} from "./rates.ts";
export type { Rate } from "./rates.ts";
export { compareQuantiles, estimateQuantile } from "./quantile-comparison.ts";
export type { QuantileComparison, QuantileEstimate, QuantileRequest } from "./quantile-comparison.ts";
export { bcaInterval } from "./bootstrap.ts";
export type { BootstrapRequest, TwoSampleStatistic } from "./bootstrap.ts";
export { hierarchicalInterval, hierarchicalIntervalKernel } from "./hierarchical-bootstrap.ts";
export type { HierarchicalRequest, HierarchicalResult } from "./hierarchical-bootstrap.ts";
export { benjaminiHochberg } from "./benjamini-hochberg.ts";
export { holm } from "./holm.ts";
export { intraForkCorrelation } from "./intra-fork.ts";
export { changeP, compareMetric, compareMetricKernel, forkMeans } from "./comparison.ts";
export { compareCounts, compareCountsKernel } from "./count-comparison.ts";
export type { CompareRequest, ForkSummary, MetricComparison } from "./comparison.ts";
export type { ComparisonP, Direction, Family } from "./hypotheses.ts";
export { changePower, forksNeeded } from "./power.ts";
export type { PowerQuestion } from "./power.ts";
export { compareInputs } from "./input-comparison.ts";
export type { InputsComparison, InputsRequest } from "./input-comparison.ts";
export { SequentialComparison } from "./sequential-comparison.ts";
export type { SequentialSettings, SequentialState } from "./sequential-comparison.ts";
export type { PairMoments } from "./pair-moments.ts";
export { EarlyStop } from "./early-stop.ts";
export type { EarlyStopSettings, PairOfMeans } from "./early-stop.ts";
export { decidedIntervals, decidedIntervalsKernel } from "./decided-interval.ts";
export type { DecidedRequest } from "./decided-interval.ts";
export { decide, overallVerdict } from "./verdict.ts";
export { decideLook } from "./two-looks.ts";
export type { Look } from "./two-looks.ts";
export type { Decision, MetricVerdict, Verdict } from "./verdict.ts";
export { mannKendall } from "./mann-kendall.ts";
export type { MannKendallResult } from "./mann-kendall.ts";
export { theilSen } from "./theil-sen.ts";
export type { TheilSenLine, TheilSenRequest } from "./theil-sen.ts";
export { changePoints, changePointsKernel } from "./change-points.ts";
export type { ChangePoint, ChangePointRequest } from "./change-points.ts";
export { driftRunLength, PageHinkley } from "./page-hinkley.ts";
export type { Drift, DriftOptions, DriftState, DriftSum } from "./page-hinkley.ts";
export { seasonalMedian, seasonalScore } from "./seasonal-median.ts";
export type { SeasonalBaseline, SeasonalRequest } from "./seasonal-median.ts";
export { isotonicAt, isotonicFit } from "./isotonic.ts";
export type { IsotonicFit, IsotonicRequest } from "./isotonic.ts";
export { ratioInterval, ratioIntervalBy } from "./ratio-bootstrap.ts";
export type { RatioRequest } from "./ratio-bootstrap.ts";
