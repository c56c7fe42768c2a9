import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderHtml, renderMarkdown } from "../../../actors/evidence/report.ts";
import type { KeptComparison } from "../../../actors/workflow/session-document.ts";
import type { ReportInput } from "../../../actors/evidence/report-input.ts";
import { DOCUMENT, RELEASE, session } from "./report-session.ts";

function against(release: Partial<KeptComparison> | null): ReportInput {
  const baseline = { ...DOCUMENT.baseline!, release: release === null ? null : { ...RELEASE, ...release } };
  return session({ baseline });
}

const section = (input: ReportInput): string =>
  /<section id="release"[^]*?<\/section>/.exec(renderHtml(input))?.[0] ?? "";

describe("the comparison with the last release", () => {
  it("stands in both reports with change, interval and verdict, and what it is worth", () => {
    const html = section(against({}));
    assert.match(html, /Against the last release, orders-dedupe@3: improved\./);
    assert.match(html, /<td class="n">−70\.9 %<\/td><td class="n">−71\.1 to −70\.7 %<\/td>/);
    assert.match(html, /not interleaved with this session’s/);
    const markdown = renderMarkdown(against({}));
    assert.match(markdown, /Against the last release, orders-dedupe@\u200b3: improved\./);
    assert.match(
      markdown,
      /^\| time \| 1\.25 ms \| 0\.365 ms \| −70\.9 % \| −71\.1 to −70\.7 % \| improved \|$/m,
    );
  });

  it("says what a loss against it comes to", () => {
    assert.match(
      section(against({ verdict: "regressed" })),
      /regressed\. What lost against the last release does not become/,
    );
  });

  it("says why there is none where the environments differ", () => {
    const refusal = "they were measured on different machines or runtimes: cores 2 there, 8 here";
    const input = against({ refusal, verdict: null, comparisons: [], sameEnvironment: false });
    for (const text of [section(input), renderMarkdown(input)]) {
      assert.match(
        text,
        /Not compared with the last release, orders-dedupe@\u200b?3: they were measured on different machines or runtimes: cores 2 there, 8 here\./,
      );
      assert.doesNotMatch(text, /not interleaved with/);
    }
  });

  it("is left out where there is no release", () => {
    assert.equal(section(against(null)), "");
    assert.doesNotMatch(renderMarkdown(against(null)), /Last release/);
  });
});
