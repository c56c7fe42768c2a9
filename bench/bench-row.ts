/** One line of a bench's answer; `npm run bench -- <question> --json` prints a list of them. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What the value is held against, in the same unit: another library, or a required figure. */
  readonly peers: Readonly<Record<string, number>>;
  /** value / peer, by the peer's name. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly target: BenchTarget | null;
  /** Null where nothing is required. */
  readonly met: boolean | null;
  readonly note?: string;
}

/** A bound on the ratio against the peer named by `than`. */
export type BenchTarget =
  { readonly than: string; readonly atLeast: number } | { readonly than: string; readonly atMost: number };

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly note?: string;
}

/** A row without target. */
export function plainRow(measured: Measured): BenchRow {
  return { ...measured, peers: {}, ratios: {}, target: null, met: null };
}

/** A row whose target is a figure, not a rival: at least or at most `required`, which must not be 0. */
export function requiredRow(measured: Measured, bound: "atLeast" | "atMost", required: number): BenchRow {
  const ratio = measured.value / required;
  const than = "required";
  return {
    ...measured,
    peers: { [than]: required },
    ratios: { [than]: ratio },
    target: bound === "atLeast" ? { than, atLeast: 1 } : { than, atMost: 1 },
    met: bound === "atLeast" ? ratio >= 1 : ratio <= 1,
  };
}
