/**
 * Exit codes:
 *
 *   0    run: improved, nothing regressed; compare, burst: improved, non-inferior, or a baseline established;
 *        ci, bench: every case or task is that, unchanged, or new
 *   1    regressed, a gate failed, or the candidate was rejected
 *   2    bad usage or bad input
 *   3    nothing better found, or inconclusive; ci: a case that was not run, too
 *   4    internal fault
 *   130  interrupted
 */
import type { BenchEnding, CiEnding, SessionDocument } from "../actors/index.ts";
import type { Fault } from "../runtime/contracts/index.ts";
import type { FailOn } from "./program.ts";

export const EXIT_OK = 0;
export const EXIT_WORSE = 1;
export const EXIT_INPUT = 2;
export const EXIT_UNDECIDED = 3;
export const EXIT_INTERNAL = 4;
export const EXIT_INTERRUPTED = 130;

export function exitCodeOfFault(fault: Fault): number {
  switch (fault) {
    case "input":
      return EXIT_INPUT;
    case "rejected":
      return EXIT_WORSE;
    case "internal":
      return EXIT_INTERNAL;
    case "interrupted":
      return EXIT_INTERRUPTED;
  }
}

/** Of a document without error. */
export function exitCodeOf({ success, verdict, gates }: SessionDocument): number {
  if (verdict === "regressed" || verdict === "rejected" || gates.some((gate) => !gate.passed))
    return EXIT_WORSE;
  if (success) return EXIT_OK;
  return EXIT_UNDECIDED;
}

/** What is shown to be worse comes before what could not be measured, and that before what is not known. */
export function exitCodeOfCi({ document, fault }: CiEnding, failOn: FailOn): number {
  if (fault === "interrupted") return EXIT_INTERRUPTED;
  const verdicts = new Set(document.cases.map(({ verdict }) => verdict));
  if (verdicts.has("regressed") || verdicts.has("rejected")) return EXIT_WORSE;
  if (fault !== null) return exitCodeOfFault(fault);
  if (verdicts.has("not_run")) return EXIT_UNDECIDED;
  return verdicts.has("inconclusive") && failOn === "inconclusive" ? EXIT_UNDECIDED : EXIT_OK;
}

/** The same order: worse, not measured, not known. */
export function exitCodeOfBench({ document, fault }: BenchEnding): number {
  if (document.verdict === "regressed") return EXIT_WORSE;
  if (fault !== null) return exitCodeOfFault(fault);
  return document.success ? EXIT_OK : EXIT_UNDECIDED;
}
