/**
 * The run as JUnit XML: one suite, a test case a case. Regressed and rejected are failures, failed is an error,
 * inconclusive and not_run are skipped: no reader of JUnit counts them as passed. Whatever a case is called, the
 * document stays well-formed: characters that XML 1.0 cannot hold are written out.
 */
import { escapeHtml } from "../evidence/report-markup.ts";
import type { CiCase, CiDocument } from "./ci-document.ts";
import { caseDetail, falseAlarmLine, headline } from "./ci-words.ts";

/** The cases as one test suite. */
export function ciJunit(document: CiDocument): string {
  const { cases, error, wallMs, run, falseAlarms, suite } = document;
  const kinds = cases.map(({ verdict }) => kindOf(verdict));
  const count = (kind: Kind): number => kinds.filter((one) => one === kind).length;
  // A run that did not begin has no case to carry its error.
  const isBroken = error !== null && cases.length === 0;
  const counts = attributes({
    tests: cases.length + (isBroken ? 1 : 0),
    failures: count("failure"),
    errors: count("error") + (isBroken ? 1 : 0),
    skipped: count("skipped"),
    time: seconds(wallMs),
  });
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="myriad ci"${counts}>`,
    `  <testsuite${attributes({ name: suite ?? "myriad ci", id: run ?? "" })}${counts}>`,
    ...cases.map((one, index) => testCase(one, kinds[index]!)),
    ...(isBroken
      ? [
          `    <testcase name="suite" classname="myriad ci" time="0"><error${attributes({ type: error.code, message: error.message })}/></testcase>`,
        ]
      : []),
    `    <system-out>${xml([headline(document), falseAlarmLine(falseAlarms)].join("\n"))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n")}\n`;
}

type Kind = "passed" | "failure" | "error" | "skipped";

function kindOf(verdict: CiCase["verdict"]): Kind {
  switch (verdict) {
    case "regressed":
    case "rejected":
      return "failure";
    case "failed":
      return "error";
    case "inconclusive":
    case "not_run":
      return "skipped";
    case "improved":
    case "non_inferior":
    case "no_baseline":
    case "unchanged":
      return "passed";
  }
}

function testCase(one: CiCase, kind: Kind): string {
  const open = `    <testcase${attributes({ name: one.id, classname: one.subject, time: seconds(one.wallMs) })}`;
  const detail = caseDetail(one);
  switch (kind) {
    case "passed":
      return `${open}><system-out>${xml(joined(one.verdict, "; ", detail))}</system-out></testcase>`;
    case "skipped":
      return `${open}><skipped${attributes({ message: joined(one.verdict, ": ", detail) })}/></testcase>`;
    case "failure":
    case "error": {
      const type = one.error?.code ?? one.verdict;
      const text = one.report === null ? detail : `${detail}\nreport: ${one.report}`;
      return `${open}><${kind}${attributes({ type, message: detail })}>${xml(text)}</${kind}></testcase>`;
    }
  }
}

/** Of a case that was not measured there is nothing more to say. */
function joined(verdict: string, by: string, detail: string): string {
  return detail === "" ? verdict : `${verdict}${by}${detail}`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value)).replace(/\s+/g, " ")}"`)
    .join("");
}

/** Controls and lone surrogates are shown by the escaper; two more code points are no characters of XML. */
function xml(text: string): string {
  return escapeHtml(text).replace(/[\ufffe\uffff]/g, (character) =>
    character === "\ufffe" ? "\\u{fffe}" : "\\u{ffff}",
  );
}

function seconds(wallMs: number): string {
  return (wallMs / 1000).toFixed(3);
}
