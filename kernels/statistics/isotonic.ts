/**
 * Isotonic regression: the monotone function with the least weighted squared error, by pooling adjacent
 * violators (R. E. Barlow, D. J. Bartholomew, J. M. Bremner & H. D. Brunk, Statistical Inference under Order
 * Restrictions, 1972; weighted, in one pass with a stack: F. M. Busing, J. Statistical Software 102, 2022).
 * As a calibration it turns scores into rates of what came true (B. Zadrozny & C. Elkan, KDD 2002): y is 0 or
 * 1, x the score, and the fit assumes only that a higher score does not mean a lower rate.
 *
 * Points of equal x count as one, with their weighted mean. A fit of few points follows their noise: for
 * calibration some hundreds are usual.
 */
import { requireSamples, requireThat } from "./validate.ts";

export interface IsotonicRequest {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Positive; default 1 each. */
  readonly weights?: Float64Array;
  /** Default true: y does not fall as x rises. */
  readonly increasing?: boolean;
}

/** A level for each x of the data, ascending in x. */
export interface IsotonicFit {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** @throws STATISTICS_EMPTY, STATISTICS_NOT_FINITE, STATISTICS_BAD_ARGUMENT (lengths differ, a weight ≤ 0) */
export function isotonicFit(request: IsotonicRequest): IsotonicFit {
  const { x, y, increasing = true } = request;
  requireSamples(x, 1, "x");
  requireSamples(y, 1, "y");
  const weights = request.weights ?? new Float64Array(x.length).fill(1);
  requireSamples(weights, 1, "weights");
  requireThat(y.length === x.length, `x holds ${x.length} values and y ${y.length}`, "y");
  requireThat(
    weights.length === x.length,
    `x holds ${x.length} values and weights ${weights.length}`,
    "weights",
  );
  requireThat(
    weights.every((weight) => weight > 0),
    "every weight is positive",
    "weights",
  );
  const points = distinct(x, y, weights);
  const levels = pooled(points, increasing ? 1 : -1);
  return { x: Float64Array.from(points, (point) => point.x), y: levels };
}

/**
 * The fit at any x: between two points of the data on the straight line between them ("linear", as scikit-learn
 * predicts) or at the level of the right one ("step", as R's as.stepfun(isoreg) does); beyond the data the level of the
 * outermost point.
 * @throws STATISTICS_NOT_FINITE
 */
export function isotonicAt(fit: IsotonicFit, x: number, between: "linear" | "step" = "linear"): number {
  requireSamples(Float64Array.of(x), 1, "x");
  const last = fit.x.length - 1;
  if (x <= fit.x[0]!) return fit.y[0]!;
  if (x >= fit.x[last]!) return fit.y[last]!;
  const right = firstAtLeast(fit.x, x);
  const [from, to] = [fit.y[right - 1]!, fit.y[right]!];
  if (between === "step" || from === to) return to;
  const share = (x - fit.x[right - 1]!) / (fit.x[right]! - fit.x[right - 1]!);
  return from * (1 - share) + to * share;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

/** In ascending order of x, those of equal x as one. */
function distinct(x: Float64Array, y: Float64Array, weights: Float64Array): readonly Point[] {
  const order = Int32Array.from(x.keys()).sort((left, right) => x[left]! - x[right]!);
  const points: Point[] = [];
  for (const index of order) {
    const next = { x: x[index]!, y: y[index]!, weight: weights[index]! };
    const last = points.at(-1);
    if (last?.x === next.x) points[points.length - 1] = { ...merged(last, next), x: next.x };
    else points.push(next);
  }
  return points;
}

/** Points that share a level. */
interface Block {
  readonly y: number;
  readonly weight: number;
  readonly size: number;
}

/** Blocks are in order at any time; a point out of order draws in the blocks that it contradicts. */
function pooled(points: readonly Point[], sign: 1 | -1): Float64Array {
  const blocks: Block[] = [];
  for (const { y, weight } of points) {
    let block: Block = { y, weight, size: 1 };
    while (blocks.length > 0 && sign * blocks.at(-1)!.y >= sign * block.y) {
      const before = blocks.pop()!;
      block = { ...merged(before, block), size: before.size + block.size };
    }
    blocks.push(block);
  }
  return Float64Array.from(blocks.flatMap(({ y, size }) => new Array<number>(size).fill(y)));
}

function merged(left: Weighted, right: Weighted): Weighted {
  const weight = left.weight + right.weight;
  return { y: left.y + ((right.y - left.y) * right.weight) / weight, weight };
}

type Weighted = Pick<Block, "y" | "weight">;

/** The first index with values[index] ≥ x, where index 0 has not and the last has. */
function firstAtLeast(values: Float64Array, x: number): number {
  let fails = 0;
  let fits = values.length - 1;
  while (fits - fails > 1) {
    const middle = (fits + fails) >> 1;
    if (values[middle]! >= x) fits = middle;
    else fails = middle;
  }
  return fits;
}
