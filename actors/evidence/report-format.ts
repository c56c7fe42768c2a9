/** Figures as people read them: units that fit, no more digits than the interval carries, a real minus sign. */
const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const TIME_STEPS: readonly (readonly [unit: string, nanoseconds: number])[] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

export type Pair = readonly [number, number];

/** Multiply by `factor` to have the value in `unit`. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
}

export function isTimeUnit(unit: string): boolean {
  return Object.hasOwn(NANOSECONDS, unit);
}

/** The unit to show values of about `typical` in: times move between ns and s, other units stay. */
export function scaleFor(typical: number, unit: string): Scale {
  if (!isTimeUnit(unit)) return { factor: 1, unit };
  const size = NANOSECONDS[unit]!;
  const step = TIME_STEPS.find(([, each]) => Math.abs(typical) * size >= each) ?? TIME_STEPS.at(-1)!;
  return { factor: size / step[1], unit: step[0] };
}

/** Decimals that show three significant digits of `value`, and `width`, an interval's, to one. */
export function decimalsFor(value: number, width = 0): number {
  const forValue = 2 - magnitude(value);
  const forWidth = width > 0 ? -magnitude(width / 2) : 0;
  return Math.min(Math.max(forValue, forWidth, 0), 6);
}

function magnitude(value: number): number {
  const size = Math.abs(value);
  return size > 0 && Number.isFinite(size) ? Math.floor(Math.log10(size)) : 2;
}

/** Grouped by thousands, e.g. `10,000`; `∞` and `–` where there is no figure. */
export function formatFixed(value: number | null, decimals: number): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

export function formatNumber(value: number | null): string {
  return value === null ? "–" : formatFixed(value, Number.isInteger(value) ? 0 : decimalsFor(value));
}

/** On an axis: no zeros that say nothing. */
export function formatTick(value: number): string {
  const digits = Number(value.toPrecision(6));
  const decimals = (String(digits).split(".")[1] ?? "").length;
  return formatFixed(digits, Math.min(decimals, 6));
}

export function formatPercentTick(percent: number): string {
  return `${percent > 0 ? "+" : ""}${formatTick(percent)} %`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** In the unit that suits `typical`: give what is read side by side the same. */
export function formatQuantity(value: number, unit: string, typical: number = value): string {
  const scale = scaleFor(typical, unit);
  const scaled = value * scale.factor;
  return `${formatFixed(scaled, decimalsFor(scaled))} ${scale.unit}`.trimEnd();
}

/** `1.22–1.26 ms`, with the decimals that `value` is shown with at least. */
export function formatQuantityInterval(
  [low, high]: Pair,
  unit: string,
  value: number,
  typical: number = value,
): string {
  const scale = scaleFor(typical, unit);
  const scaled: Pair = [low * scale.factor, high * scale.factor];
  const decimals = decimalsFor(value * scale.factor, scaled[1] - scaled[0]);
  return `${formatRange(scaled, decimals)} ${scale.unit}`.trimEnd();
}

/** With an en dash, or the word "to" where a minus sign would run into it. */
export function formatRange([low, high]: Pair, decimals: number): string {
  const joint = low < 0 || high < 0 ? " to " : "–";
  return formatFixed(low, decimals) + joint + formatFixed(high, decimals);
}

/** A fraction in percent without a sign of gain, e.g. `2 %`. */
export function formatPercent(fraction: number): string {
  const percent = Number((fraction * 100).toPrecision(12));
  return `${formatFixed(percent, Number.isInteger(percent) ? 0 : percentDecimals(percent))} %`;
}

/** A relative change in percent, always signed, e.g. `−70.8 %`. */
export function formatChange(fraction: number | null): string {
  return fraction === null ? "–" : `${signed(fraction * 100, percentDecimals(fraction * 100))} %`;
}

export function formatChangeInterval(interval: Pair | null): string {
  if (interval === null) return "–";
  const [low, high] = interval;
  const decimals = percentDecimals((high - low) * 50);
  return `${signed(low * 100, decimals)} to ${signed(high * 100, decimals)} %`;
}

function percentDecimals(percent: number): number {
  return Math.min(Math.max(1, -magnitude(percent)), 3);
}

function signed(value: number, decimals: number): string {
  return (value > 0 ? "+" : "") + formatFixed(value, decimals);
}

/** `< 0.0001` and `> 0.9999` at the ends, else two significant digits and at most four decimals. */
export function formatProbability(p: number): string {
  if (p < 0.0001) return "< 0.0001";
  if (p > 0.9999) return "> 0.9999";
  return formatFixed(p, p < 0.1 ? 4 : 3);
}

export function formatDuration(durationMs: number): string {
  if (durationMs < 0.5) return "< 1 ms";
  if (durationMs < 1000) return `${formatFixed(durationMs, 0)} ms`;
  if (durationMs < 60_000) return `${formatFixed(durationMs / 1000, 1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${formatNumber(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** ISO 8601 to `2026-02-03 14:05 UTC`; other text is given back as it is. */
export function formatMoment(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/.exec(iso);
  return match === null ? iso : `${match[1]!} ${match[2]!} UTC`;
}

/** `performance_baseline` as `performance baseline`. */
export function formatName(name: string): string {
  return name.replaceAll("_", " ");
}
