/** The words that all summaries of a run share. */
import type { ComparisonRow } from "../workflow/session-document.ts";
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatFixed,
  formatMoment,
  formatName,
  formatPercent,
} from "../evidence/report-format.ts";
import { oneLine, showHidden } from "../evidence/report-markup.ts";
import type { CiCase, CiDocument, CiVerdict, FalseAlarms } from "./ci-document.ts";

/** `12 cases against main (1a2b3c4d5e): 1 regressed, 11 unchanged`, in one line. */
export function headline({ cases, against }: CiDocument): string {
  const counts = new Map<CiVerdict, number>();
  for (const { verdict } of cases) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const parts = [...counts].map(([verdict, count]) => `${count} ${formatName(verdict)}`);
  const base = against === null ? "" : ` against ${against.ref} (${against.commit.slice(0, 10)})`;
  return clean(`${formatCount(cases.length, "case")}${base}: ${parts.join(", ")}`);
}

/** `wall_time +12.3 % (99 % interval +10.1 to +14.4 %), more than …`, one entry a metric, or the reason. */
export function caseDetail(one: CiCase): string {
  const figures = one.comparisons.map(rowDetail).join("; ");
  const noise =
    one.noise === null || one.verdict !== "inconclusive"
      ? ""
      : `fork means vary by ${formatPercent(one.noise.coefficientOfVariation)} (${one.noise.label})`;
  return clean([one.reason ?? "", figures, noise].filter((part) => part !== "").join("; "));
}

function rowDetail({ metric, relDelta, ci99, tolerance, verdict }: ComparisonRow): string {
  return `${metric} ${formatChange(relDelta)} (99 % interval ${formatChangeInterval(ci99)}, tolerance ${formatPercent(tolerance)}): ${formatName(verdict)}`;
}

/** The rate of false alarms in one line; says so when it was never measured. */
export function falseAlarmLine(falseAlarms: FalseAlarms | null): string {
  if (falseAlarms === null) {
    return "false alarms of this suite on this machine: not measured (myriad ci --calibrate 20)";
  }
  const { rounds, flagged, atMost, firstAt, lastAt, fingerprint } = falseAlarms;
  const when =
    firstAt === lastAt ? formatMoment(lastAt) : `${formatMoment(firstAt)} to ${formatMoment(lastAt)}`;
  return `false alarms of this suite on this machine: ${flagged} of ${rounds} A/A rounds flagged, at most ${formatFixed(100 * atMost, 1)} % with 95 % confidence (Clopper–Pearson), ${when}, machine ${fingerprint}`;
}

/** What was named by others, in one line and with nothing hidden in it. */
export function clean(text: string): string {
  return oneLine(showHidden(text));
}
