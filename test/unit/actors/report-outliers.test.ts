import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outlierWords, severityOf, whiskersOf } from "../../../actors/evidence/report-outliers.ts";
import { drawnVersions, type DrawnVersion } from "../../../actors/evidence/report-samples.ts";
import { renderHtml, renderMarkdown } from "../../../actors/evidence/report.ts";
import { INPUT } from "./report-session.ts";

/** Quartiles 2 and 4: mild below -1 and above 7, severe below -4 and above 10. */
const COMMON = [1, 2, 2, 3, 4, 4, 5];

function drawn(...forks: readonly (readonly number[])[]): DrawnVersion {
  const samples = forks.map((values) => Float64Array.from(values));
  return drawnVersions([{ version: "baseline", label: "a", unit: "ms", forks: samples }])[0]!;
}

describe("outliers of the iterations", () => {
  it("are told by class, with their share, over all forks", () => {
    assert.equal(
      outlierWords(drawn(COMMON, [-2, 8])),
      "baseline 2 outliers (22.2 %): 1 low mild, 1 high mild",
    );
    assert.equal(
      outlierWords(drawn([...COMMON, -9, 80])),
      "baseline 2 outliers (22.2 %): 1 low severe, 1 high severe",
    );
    assert.equal(outlierWords(drawn(COMMON)), "baseline no outliers");
  });

  it("say so where the middle half is one value, which makes all else severe", () => {
    assert.match(outlierWords(drawn([3, 3, 3, 3, 3, 4])), /1 high severe, its middle half being all equal$/);
  });

  it("lie beyond the whiskers, which end at values that are none", () => {
    const { outliers, sorted } = drawn([...COMMON, -2, 80]);
    assert.deepEqual(whiskersOf({ outliers, sorted }), [1, 5]);
    assert.deepEqual(
      [-2, -1, 7, 8, 80].map((value) => severityOf(value, outliers)),
      ["mild", null, null, "mild", "severe"],
    );
  });

  it("stand in both reports with the words that they count like all others", () => {
    const [baseline] = drawnVersions(INPUT.samples);
    const { highMild, highSevere } = baseline!.outliers.counts;
    const html = renderHtml(INPUT);
    assert.ok(html.includes(`${highMild} high mild, ${highSevere} high severe`));
    assert.match(html, /they are counted like all others/);
    const markdown = renderMarkdown(INPUT);
    assert.match(markdown, /they are counted like all others/);
    assert.match(
      markdown,
      new RegExp(`^\\| baseline \\| 10,000 \\|.*\\| ${highMild} \\| ${highSevere} \\|$`, "m"),
    );
  });
});

describe("the distribution", () => {
  it("draws outliers as dots, mild ones hollow, and says how many lie beyond its axis", () => {
    const figure = renderHtml(INPUT)
      .split("<figure")
      .find((part) => part.includes("Distribution of all"))!;
    assert.match(figure, /\d+ further →/);
    const [wide] = figure.split('class="narrow"');
    for (const fill of ["surface", "candidate"]) {
      const group = new RegExp(
        `stroke="var\\(--candidate\\)" fill="var\\(--${fill}\\)">(<circle r="2"[^>]*>){4,}`,
      );
      assert.match(wide!, group);
    }
  });
});
