/** Outliers of the iterations, by class: in words and figures, and where they lie for a chart. */
import type { OutlierClass } from "../../kernels/statistics/index.ts";
import { formatCount, formatNumber, formatPercent } from "./report-format.ts";
import type { DrawnVersion } from "./report-samples.ts";

/** In the order of the axis. */
export const OUTLIER_CLASSES: readonly { readonly name: OutlierClass; readonly words: string }[] = [
  { name: "lowSevere", words: "low severe" },
  { name: "lowMild", words: "low mild" },
  { name: "highMild", words: "high mild" },
  { name: "highSevere", words: "high severe" },
];

/** What makes one, and what becomes of it. */
export const OUTLIER_RULE =
  "Outliers are mild beyond 1.5 interquartile ranges outside the middle half and severe beyond 3 (Tukey); they are counted like all others";

type Counted = Pick<DrawnVersion, "version" | "sorted" | "outliers">;

/** `baseline 212 outliers (2.1 %): 3 low mild, 109 high mild, 100 high severe`. */
export function outlierWords({ version, sorted, outliers: { counts, fences } }: Counted): string {
  const found = OUTLIER_CLASSES.filter(({ name }) => counts[name] > 0);
  const total = found.reduce((sum, { name }) => sum + counts[name], 0);
  if (total === 0) return `${version} no outliers`;
  const classes = found.map(({ name, words }) => `${formatNumber(counts[name])} ${words}`).join(", ");
  const equal = fences.lowSevere === fences.highSevere ? ", its middle half being all equal" : "";
  return `${version} ${formatCount(total, "outlier")} (${formatPercent(total / sorted.length)}): ${classes}${equal}`;
}

/** The furthest values that are no outliers: the ends of a box plot's whiskers. */
export function whiskersOf({
  sorted,
  outliers: { fences },
}: Pick<Counted, "sorted" | "outliers">): readonly [low: number, high: number] {
  const low = sorted.find((value) => value >= fences.lowMild)!;
  const high = sorted.findLast((value) => value <= fences.highMild)!;
  return [low, high];
}

/** Beyond which fence a value lies; null: it is no outlier. */
export function severityOf(value: number, { fences }: DrawnVersion["outliers"]): "mild" | "severe" | null {
  if (value < fences.lowSevere || value > fences.highSevere) return "severe";
  return value < fences.lowMild || value > fences.highMild ? "mild" : null;
}
