/** What one fork's child says, gathered; trusted for nothing. */
import type { Frame } from "./isolate-frames.ts";
import { FrameError, parseConditions, parseDone, parseObservation, parseSamples } from "./isolate-frames.ts";
import type { ChildReport } from "./isolate-process.ts";
import type { ForkConditions, ForkMeasurement, MeasureRequest, Observation } from "./protocol.ts";

export class Fork {
  programError: string | null = null;
  readonly #wallNs: Float64Array;
  readonly #warmUpNs: Float64Array;
  readonly #proof: Observation[] = [];
  readonly #batchLength: number;
  readonly #onProgress: (iterations: number) => void;
  #count = 0;
  #warmUpCount = 0;
  #conditions: Omit<ForkConditions, "warmUpNs"> | null = null;
  #usage: { readonly cpuMs: number; readonly peakMb: number } | null = null;

  constructor(
    { iterations, warmUpIterations, batch }: MeasureRequest,
    onProgress: (iterations: number) => void = () => undefined,
  ) {
    this.#wallNs = new Float64Array(iterations).fill(Number.NaN);
    this.#warmUpNs = new Float64Array(warmUpIterations).fill(Number.NaN);
    this.#batchLength = batch.length;
    this.#onProgress = onProgress;
  }

  /** @throws FrameError */
  take({ kind, text }: Frame): void {
    switch (kind) {
      case "warm-up":
        this.#warmUpCount = filled(this.#warmUpNs, this.#warmUpCount, parseSamples(text));
        return;
      case "samples":
        this.#count = filled(this.#wallNs, this.#count, parseSamples(text));
        this.#onProgress(this.#count);
        return;
      case "conditions":
        if (this.#conditions !== null) throw new FrameError("conditions again");
        this.#conditions = parseConditions(text);
        return;
      case "proof":
        if (this.#proof.length === this.#batchLength) throw new FrameError("too much proof");
        this.#proof.push(parseObservation(text));
        return;
      case "done":
        this.#usage = parseDone(text);
        return;
      case "program":
        this.programError = text;
        return;
      case "spoiled":
        return;
      case "ready":
      case "observation":
        throw new FrameError(kind);
    }
  }

  /** @param seen from outside; what the fork lived to say of itself is better. */
  measurement(
    { batch }: MeasureRequest,
    end: string,
    seen: Omit<ChildReport, "end">,
  ): Omit<ForkMeasurement, "isolation"> {
    const failure = broken(end);
    return {
      wallNs: this.#withoutOverhead(),
      ticks: new Float64Array(0),
      failures: this.#wallNs.reduce((count, ns) => count + (Number.isNaN(ns) ? 1 : 0), 0),
      cpuMs: this.#usage?.cpuMs ?? seen.cpuMs,
      peakMb: seen.peakMb ?? this.#usage?.peakMb ?? 0,
      proof: batch.map((_, index) => this.#proof[index] ?? failure),
      ...(this.#conditions === null ? {} : { conditions: { ...this.#conditions, warmUpNs: this.#warmUpNs } }),
    };
  }

  /** No sample is shorter than the clock could tell. */
  #withoutOverhead(): Float64Array {
    if (this.#conditions === null) return this.#wallNs;
    const { timer, stretch } = this.#conditions;
    const leastNs = Math.max(1, timer.resolutionNs) / Math.max(1, stretch);
    return this.#wallNs.map((ns) => (Number.isNaN(ns) ? ns : Math.max(leastNs, ns - timer.overheadNs)));
  }
}

/** Writes times behind those that are there. @returns how many there are now. @throws FrameError */
function filled(times: Float64Array, count: number, more: readonly number[]): number {
  if (count + more.length > times.length) throw new FrameError("too many times");
  times.set(more, count);
  return count + more.length;
}

/** Of a run that did not live to be observed. */
export function broken(text: string): Observation {
  return { outcome: "limit_exceeded", text };
}
