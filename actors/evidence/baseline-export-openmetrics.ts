/**
 * Baselines as OpenMetrics 1.0 text. Each statistic of each metric is a gauge family, in the base unit that
 * OpenMetrics asks for (seconds, bytes; per second) where the unit is known, else in its own with a label `unit`;
 * the point's time is when the baseline was made. What else is known of a baseline is in the info family.
 */
import type { ExportedBaseline } from "./baseline-export-table.ts";

interface Family {
  readonly name: string;
  readonly unit: string | null;
  readonly help: string;
  readonly lines: string[];
}

interface BaseUnit {
  /** null: unknown to OpenMetrics, so it is told by a label. */
  readonly name: string | null;
  readonly factor: number;
}

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
  hr: 3600,
};
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1024,
  KiB: 1024,
  MB: 1_048_576,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

const STATISTICS: readonly (readonly [name: string, help: string, of: (one: ExportedBaseline) => number])[] =
  [
    ["mean", "Mean", ({ row }) => row.mean],
    ["std_dev", "Standard deviation", ({ row }) => row.stdDev],
    ["ci99_low", "Lower end of the mean's 99 % interval", ({ row }) => row.ciLow],
    ["ci99_high", "Upper end of the mean's 99 % interval", ({ row }) => row.ciHigh],
  ];

export function openMetricsText(baselines: readonly ExportedBaseline[]): string {
  const families = new Map<string, Family>();
  for (const baseline of baselines) addFigures(baseline, families);
  const text = [infoFamily(baselines), ...families.values()].flatMap(familyLines);
  return `${text.join("\n")}\n# EOF\n`;
}

function addFigures(baseline: ExportedBaseline, families: Map<string, Family>): void {
  const { tag, caseId, metric, unit, createdAt, n } = baseline.row;
  const base = baseUnitOf(unit);
  const labels = labelsOf({ tag, case: caseId, metric, ...(base.name === null ? { unit } : {}) });
  const add = (statistic: string, help: string, value: number, inUnit: string | null): void => {
    const name = `myriad_${nameOf(metric)}_${statistic}${inUnit === null ? "" : `_${inUnit}`}`;
    const family = families.get(name) ?? {
      name,
      unit: inUnit,
      help: `${help} of baselines in this metric.`,
      lines: [],
    };
    families.set(name, family);
    family.lines.push(`${name}${labels} ${value} ${createdAt / 1000}`);
  };
  for (const [statistic, help, of] of STATISTICS) {
    add(statistic, help, of(baseline) * base.factor, base.name);
  }
  add("n", "Units of inference (forks, or samples of one process)", n, null);
}

/** One line a tag: rows of one tag differ in nothing that stands here. */
function infoFamily(baselines: readonly ExportedBaseline[]): Family {
  const byTag = new Map(
    baselines.map((baseline) => [`${baseline.row.tag}\0${baseline.row.caseId}`, baseline]),
  );
  const lines = [...byTag.values()].map(({ row, summary }) => {
    const known = {
      tag: row.tag,
      case: row.caseId,
      subject: row.subject,
      current: String(summary.current),
      release: String(summary.release),
      label: summary.label ?? "",
      tool: row.tool ?? "myriad",
      fingerprint: summary.fingerprint,
      level: summary.level ?? "",
      carrier: summary.carrier ?? "",
      runtime: summary.runtime ?? "",
    };
    return `myriad_baseline_info${labelsOf(known)} 1`;
  });
  return {
    name: "myriad_baseline",
    unit: null,
    help: "What is known of a baseline beside its figures.",
    lines,
  };
}

function familyLines({ name, unit, help, lines }: Family): readonly string[] {
  return [
    `# TYPE ${name} ${name === "myriad_baseline" ? "info" : "gauge"}`,
    ...(unit === null ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...lines,
  ];
}

function baseUnitOf(unit: string): BaseUnit {
  const perOperation = unit.replace(/\/op$/, "");
  const seconds = SECONDS[perOperation];
  if (seconds !== undefined) return { name: "seconds", factor: seconds };
  const bytes = BYTES[perOperation];
  if (bytes !== undefined) return { name: "bytes", factor: bytes };
  const time = /^ops\/(\w+)$/.exec(unit)?.[1];
  const per = time === undefined ? undefined : SECONDS[time];
  return per === undefined ? { name: null, factor: 1 } : { name: "per_second", factor: 1 / per };
}

function nameOf(metric: string): string {
  return metric.replaceAll(/[^A-Za-z0-9_]+/g, "_");
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
