import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { historyChart, historyWords, shortTag } from "../../../actors/evidence/report-history.ts";
import { renderHtml, renderMarkdown } from "../../../actors/evidence/report.ts";
import { HISTORY, INPUT, historyOf } from "./report-session.ts";

const section = (html: string): string => /<section id="history"[^]*?<\/section>/.exec(html)?.[0] ?? "";

describe("the history of a case", () => {
  it("is told from its first version to its last, with what changed its level", () => {
    assert.equal(
      historyWords(HISTORY),
      "It went from 1.62 ms (@1, 2026-10-01 08:00 UTC) to 1.24 ms (@12, 2026-10-12 08:00 UTC). Its level changed with @7 by −23.8 %, p 0.0020 (e-divisive; where nothing changes it finds something in 5 % of histories).",
    );
    assert.match(historyWords(historyOf([1, 1, 1, 1, 1, 1])), /No change of level was found\.$/);
    assert.match(
      historyWords(historyOf([1, 2], null)),
      /Changes of level can be told from six versions on\.$/,
    );
  });

  it("is drawn with the change of level, the current version and the last release", () => {
    const html = section(renderHtml({ ...INPUT, history: [HISTORY] }));
    assert.match(html, />−23\.8 %</);
    assert.match(html, />current</);
    assert.match(html, />last release</);
    assert.match(html, /stroke-dasharray/);
    assert.match(html, />@12</);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });

  it("shows the latest of very many versions, and only changes among those", () => {
    const means = Array.from({ length: 300 }, (_, index) => 1 + index / 300);
    const shifts = [{ tag: "orders-dedupe@3", before: 1, after: 1.5, relDelta: 0.5, p: 0.01 }];
    const html = section(renderHtml({ ...INPUT, history: [historyOf(means, shifts)] }));
    assert.match(html, />@300</);
    assert.doesNotMatch(html, />@100</);
    assert.doesNotMatch(html, /stroke-dasharray/);
    assert.ok(html.length < 60_000, `${html.length} characters`);
  });

  it("of equal versions without any interval is drawn", () => {
    const entries = historyOf([0, 0]).entries.map((entry) => ({ ...entry, ci99: [0, 0] as const }));
    const html = section(renderHtml({ ...INPUT, history: [{ ...HISTORY, entries, shifts: null }] }));
    assert.doesNotMatch(html, /NaN|Infinity/);
  });

  it("is left out where there is none", () => {
    assert.equal(section(renderHtml(INPUT)), "");
    assert.doesNotMatch(renderMarkdown(INPUT), /History/);
  });

  it("in Markdown is the latest versions with their standing, and the same words", () => {
    const text = renderMarkdown({ ...INPUT, history: [HISTORY] });
    assert.match(
      text,
      /^\| @\u200b10 \| 2026-10-10 08:00 UTC \| 1\.25 ms \| 1\.23–1\.27 ms \| last release \|$/m,
    );
    assert.match(text, /^\| @\u200b12 \|.*\| current \|$/m);
    assert.match(text, /Its level changed with @\u200b7 by −23\.8 %/);
  });

  it("names versions by the end of their tags", () => {
    assert.equal(shortTag("a@b.ts#f@12"), "@12");
    assert.equal(shortTag("without"), "without");
    assert.equal(historyChart(HISTORY).title, "Kept versions: time");
  });
});
