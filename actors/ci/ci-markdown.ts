/** The summary as GitHub's Markdown: for a pull request or `$GITHUB_STEP_SUMMARY`. */
import { formatDuration, formatName } from "../evidence/report-format.ts";
import { markdownCellCode, markdownText } from "../evidence/report-markdown-text.ts";
import type { CiCase, CiDocument } from "./ci-document.ts";
import { worstFirst } from "./ci-text.ts";
import { caseDetail, falseAlarmLine, headline } from "./ci-words.ts";

/** GitHub shows no more than 1 MiB of all steps' summaries together. */
const SHOWN_CASES = 200;

/** The whole summary, cut where it would be longer than GitHub shows. */
export function ciMarkdown(document: CiDocument): string {
  const { cases, error, environment, wallMs, falseAlarms } = document;
  const shown = worstFirst(cases).slice(0, SHOWN_CASES);
  const more = cases.length - shown.length;
  return `${[
    `### Myriad: ${markdownText(error === null || cases.length > 0 ? headline(document) : error.message, 500)}`,
    "",
    ...(error === null ? [] : [`**${error.code}**: ${markdownText(error.message, 500)}`, ""]),
    ...(cases.length === 0 ? [] : ["| Case | Verdict | Look | Shown |", "| --- | --- | --- | --- |"]),
    ...shown.map(caseRow),
    ...(more > 0 ? [`| ${more} more | | | |`] : []),
    ...(cases.length === 0 ? [] : [""]),
    markdownText(falseAlarmLine(falseAlarms), 500),
    "",
    markdownText(
      `${formatDuration(wallMs)} on ${environment.cores} × ${environment.cpu}, ${environment.runtime}`,
    ),
  ].join("\n")}\n`;
}

function caseRow(one: CiCase): string {
  const verdict = formatName(one.verdict);
  const bold = one.verdict === "regressed" || one.verdict === "rejected" || one.verdict === "failed";
  return `| ${markdownCellCode(one.id)} | ${bold ? `**${verdict}**` : verdict} | ${one.decidedBy ?? "–"} | ${markdownText(caseDetail(one), 500)} |`;
}
