/** Times of iterations on their way from a sandbox process to its parent. Meets realms that were changed. */
import type { Host } from "./isolate-host.ts";

/** They are sent at least this often: the parent tells a long fork from a hung run by it. */
const REPORT_EVERY_NS = 50_000_000n;

export class Times {
  readonly #host: Pick<Host, "emit">;
  readonly #kind: "warm-up" | "samples";
  #text = "";
  #reportedAt: bigint;

  constructor(host: Pick<Host, "emit" | "now">, kind: "warm-up" | "samples") {
    this.#host = host;
    this.#kind = kind;
    this.#reportedAt = host.now();
  }

  /** @param ns null: it failed. */
  add(ns: number | null): void {
    this.#text += `${this.#text === "" ? "" : " "}${ns === null ? "-" : ns}`;
  }

  /** Whether it was time to report. */
  report(now: bigint): boolean {
    if (now - this.#reportedAt < REPORT_EVERY_NS) return false;
    this.flush();
    this.#reportedAt = now;
    return true;
  }

  flush(): void {
    this.#host.emit(this.#kind, this.#text);
    this.#text = "";
  }
}

/** The middle one by size; sorts in place. */
export function middleOf(values: number[]): number {
  for (let index = 1; index < values.length; index++) {
    const value = values[index]!;
    let at = index;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
  return values[values.length >> 1]!;
}
