import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { DOMParser } from "linkedom";
import { CI_JSON_SCHEMA } from "../../../actors/ci/ci-document-schema.ts";
import { emptyCiDocument } from "../../../actors/ci/ci-document.ts";
import type { CiCase, CiDocument, CiVerdict } from "../../../actors/ci/ci-document.ts";
import { ciJunit } from "../../../actors/ci/ci-junit.ts";
import { ciMarkdown } from "../../../actors/ci/ci-markdown.ts";
import { ciText } from "../../../actors/ci/ci-text.ts";
import { ENVIRONMENT } from "../../kit/session.ts";
import { scriptedRow, SLOWER } from "../../kit/scripted-sessions.ts";

function caseOf(id: string, verdict: CiVerdict, part: Partial<CiCase> = {}): CiCase {
  return {
    id,
    subject: `src/${id}.ts#f`,
    verdict,
    decidedBy: null,
    reason: null,
    comparisons: [],
    noise: null,
    sessions: { screen: null, full: null },
    report: null,
    wallMs: 1500,
    error: null,
    ...part,
  };
}

const HOSTILE = `</testcase>]]>&"'<script>\u0000\u0008\ufffe\uffff\ud800|\`*@all\n# x\u202e`;

const DOCUMENT: CiDocument = {
  ...emptyCiDocument(ENVIRONMENT),
  run: "run-1",
  verdict: "regressed",
  suite: "/project/myriad.ci.yaml",
  against: { ref: "main", commit: "0123456789abcdef0123456789abcdef01234567" },
  seed: 1,
  wallMs: 61_000,
  cases: [
    caseOf("calm", "unchanged", { decidedBy: "identity" }),
    caseOf("fresh", "no_baseline", { reason: "its file is not in that commit" }),
    caseOf("slow", "regressed", {
      decidedBy: "full",
      comparisons: [{ ...scriptedRow("slow", SLOWER), relDelta: 0.25, verdict: "regressed" }],
      report: "/state/report.html",
    }),
    caseOf("dim", "inconclusive", { noise: { label: "noisy", coefficientOfVariation: 0.12 } }),
    caseOf("late", "not_run", { reason: "it did not fit into the budget of 1 minutes" }),
    caseOf("odd", "failed", {
      reason: HOSTILE,
      error: { code: "SUBJECT_NEEDS_PLATFORM", message: HOSTILE, hint: null, location: "input <1>" },
    }),
    caseOf("other", "rejected", { reason: HOSTILE, subject: HOSTILE }),
  ],
};

/** What an XML reader sees of it; linkedom types its documents loosely. */
interface XmlElement {
  readonly tagName: string;
  readonly firstElementChild: XmlElement | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): XmlElement | null;
  querySelectorAll(selector: string): Iterable<XmlElement>;
}

function readXml(text: string): XmlElement {
  return new DOMParser().parseFromString(text, "text/xml") as unknown as XmlElement;
}

describe("the summaries of a run", () => {
  it("come from a document that its schema accepts", () => {
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(CI_JSON_SCHEMA);
    for (const document of [DOCUMENT, emptyCiDocument(ENVIRONMENT)]) {
      assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors));
    }
  });

  it("tell people what is wrong first", () => {
    const lines = ciText(DOCUMENT).split("\n");
    assert.equal(
      lines[1],
      "7 cases against main (0123456789): 1 unchanged, 1 no baseline, 1 regressed, 1 inconclusive, 1 not run, 1 failed, 1 rejected, 1 min 1 s",
    );
    assert.match(
      lines[3]!,
      /^regressed {5}slow \(full look\): wall_time \+25\.0 % \(99 % interval .*tolerance 2 %\): regressed$/,
    );
    assert.match(lines[4]!, /report: \/state\/report\.html/);
    const order = lines.flatMap(
      (line) => /^(\S+(?: \S+)?)\s+(calm|fresh|slow|dim|late|odd|other)\b/.exec(line)?.[2] ?? [],
    );
    assert.deepEqual(order, ["slow", "other", "odd", "late", "dim", "fresh", "calm"]);
    assert.match(ciText(DOCUMENT), /not measured \(myriad ci --calibrate 20\)/);
    assert.equal(ciText(DOCUMENT, true).trim().split("\n").length, 1);
  });

  it("are JUnit in which nothing undecided counts as passed", () => {
    const xml = ciJunit(DOCUMENT);
    const root = readXml(xml);
    const suite = root.querySelector("testsuite")!;
    const attribute = (name: string): string | null => suite.getAttribute(name);
    assert.deepEqual(["tests", "failures", "errors", "skipped"].map(attribute), ["7", "2", "1", "2"]);
    const kinds = [...root.querySelectorAll("testcase")].map((one) => [
      one.getAttribute("name"),
      one.firstElementChild?.tagName,
    ]);
    assert.deepEqual(kinds, [
      ["calm", "system-out"],
      ["fresh", "system-out"],
      ["slow", "failure"],
      ["dim", "skipped"],
      ["late", "skipped"],
      ["odd", "error"],
      ["other", "failure"],
    ]);
    assert.equal(root.querySelector("script"), null);
    assert.match(xml, /<system-out>unchanged<\/system-out>/, "nothing dangles behind what has no detail");
    assert.match(xml, /<system-out>no_baseline; its file is not in that commit<\/system-out>/);
  });

  it("are JUnit of characters that XML can hold, whatever a case is called", () => {
    const xml = ciJunit(DOCUMENT);
    // The characters of XML 1.0, section 2.2.
    assert.match(xml, /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u);
    assert.doesNotMatch(xml.replace(/&(?:amp|lt|gt|quot|#39);/g, ""), /&/);
    assert.doesNotMatch(xml, /]]>/);
  });

  it("are Markdown in which no text of a case formats, links or leaves its cell", () => {
    const markdown = ciMarkdown(DOCUMENT);
    const rows = markdown.split("\n").filter((line) => line.startsWith("| "));
    assert.equal(rows.length, 2 + DOCUMENT.cases.length);
    for (const row of rows) assert.equal(row.split("|").length, 6, row);
    assert.doesNotMatch(markdown, /<script>|@all/);
    assert.match(markdown, /\*\*regressed\*\*/);
  });

  it("say the error of a run that did not begin", () => {
    const error = { code: "GIT_REF_UNKNOWN", message: "no <such> commit", hint: null, location: null };
    const failed = { ...emptyCiDocument(ENVIRONMENT), error };
    const root = readXml(ciJunit(failed));
    assert.equal(root.querySelector("error")?.getAttribute("type"), "GIT_REF_UNKNOWN");
    assert.match(ciMarkdown(failed), /\*\*GIT_REF_UNKNOWN\*\*/);
  });
});
