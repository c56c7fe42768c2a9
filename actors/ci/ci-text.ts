/** The summary for people: what is wrong first, one line a case. */
import { formatDuration, formatName } from "../evidence/report-format.ts";
import { worstVerdict } from "./ci-document.ts";
import type { CiCase, CiDocument } from "./ci-document.ts";
import { caseDetail, clean, falseAlarmLine, headline } from "./ci-words.ts";

/** The summary of a run in plain text. @param quiet default false; true: the headline alone */
export function ciText(document: CiDocument, quiet = false): string {
  const { cases, wallMs, falseAlarms } = document;
  const last = falseAlarmLine(falseAlarms);
  if (cases.length === 0) return `${last}\n`;
  const first = `${headline(document)}, ${formatDuration(wallMs)}`;
  if (quiet) return `${first}\n`;
  return `${["", first, "", ...worstFirst(cases).flatMap(caseLines), "", last].join("\n")}\n`;
}

/** Cases of one verdict keep the suite's order. */
export function worstFirst(cases: readonly CiCase[]): readonly CiCase[] {
  const rank = (left: CiCase, right: CiCase): number => {
    if (left.verdict === right.verdict) return 0;
    return worstVerdict([left.verdict, right.verdict]) === left.verdict ? -1 : 1;
  };
  return cases.toSorted(rank);
}

function caseLines(one: CiCase): readonly string[] {
  const { verdict, id, decidedBy, report, error } = one;
  const by = decidedBy === "screen" || decidedBy === "full" ? ` (${decidedBy} look)` : "";
  const detail = caseDetail(one);
  const isOfInterest = verdict !== "unchanged" && verdict !== "non_inferior";
  return [
    `${formatName(verdict).padEnd(13)} ${clean(id)}${by}${detail === "" ? "" : `: ${detail}`}`,
    ...(error === null
      ? []
      : [`  error ${error.code}${error.location === null ? "" : ` at ${clean(error.location)}`}`]),
    ...(report !== null && isOfInterest ? [`  report: ${report}`] : []),
  ];
}
