/** A verdict as a word with its mark: colour is never the only sign. */
import type { Verdict } from "../../kernels/statistics/index.ts";
import { markup, type Markup } from "./report-markup.ts";

interface Tag {
  readonly word: string;
  readonly mark: string;
}

export const VERDICT_TAGS: Readonly<Record<Verdict, Tag>> = {
  improved: { word: "Improved", mark: "✓" },
  non_inferior: { word: "Non-inferior", mark: "=" },
  no_baseline: { word: "No baseline", mark: "•" },
  inconclusive: { word: "Inconclusive", mark: "?" },
  regressed: { word: "Regressed", mark: "✗" },
  rejected: { word: "Rejected", mark: "✗" },
};

const NO_VERDICT: Tag = { word: "No verdict", mark: "–" };

export function tagOf(verdict: Verdict | null): Tag {
  return verdict === null ? NO_VERDICT : VERDICT_TAGS[verdict];
}

/** The custom property and class suffix of a verdict, e.g. `non-inferior`. */
export function verdictClass(verdict: Verdict | null): string {
  return (verdict ?? "none").replaceAll("_", "-");
}

export function verdictTag(verdict: Verdict | null): Markup {
  const { word, mark } = tagOf(verdict);
  return markup`<span class="tag ${verdictClass(verdict)}"><span aria-hidden="true">${mark}</span> ${word}</span>`;
}
