/** How the version stands against the last release of its case, by kept samples; or why that is not told. */
import type { BaselineChange, KeptComparison } from "../workflow/session-document.ts";
import { comparisonTable } from "./report-comparisons.ts";
import { formatName } from "./report-format.ts";
import { markup, type Markup } from "./report-markup.ts";
import { prose } from "./report-table.ts";

/** Null where there is no release, or the session itself ran beside it. */
export function renderRelease(baseline: BaselineChange | null): Markup | null {
  const release = baseline?.release ?? null;
  if (release === null) return null;
  const words = markup`<p>${releaseWords(release)}</p>`;
  if (release.comparisons.length === 0) return words;
  return markup`${words}
${comparisonTable(`Against the last release, ${release.before}`, ["Last release", "This version"], release.comparisons)}
<p class="note">${prose(RELEASE_RULE)}</p>`;
}

/** What such a comparison is worth. */
export const RELEASE_RULE =
  "By the samples that are kept of the release, not interleaved with this session’s: what the machine did between the two is in the difference. myriad burst --against release runs both anew.";

export function releaseWords({ before, refusal, verdict }: KeptComparison): string {
  if (refusal !== null) return `Not compared with the last release, ${before}: ${refusal}.`;
  const lost =
    verdict === "regressed"
      ? " What lost against the last release does not become the current baseline by itself."
      : "";
  return `Against the last release, ${before}: ${verdict === null ? "nothing was compared" : formatName(verdict)}.${lost}`;
}
