import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHTML } from "linkedom";
import { renderHtml } from "../../../actors/evidence/report.ts";
import { showHidden } from "../../../actors/evidence/report-markup.ts";
import { REPORT_STYLE } from "../../../actors/evidence/report-style.ts";
import { HOSTILE, hostileInput, hostileOpenInput } from "./report-hostile.ts";
import {
  DOCUMENT,
  FAILED,
  INCONCLUSIVE,
  INPUT,
  NON_INFERIOR,
  NO_BASELINE,
  REGRESSED,
  REJECTED,
  session,
} from "./report-session.ts";

const SESSIONS = { INPUT, REGRESSED, INCONCLUSIVE, NON_INFERIOR, REJECTED, NO_BASELINE, FAILED };

interface Node {
  readonly localName: string;
  readonly id: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
}

function parsed(html: string): Node {
  const page: unknown = parseHTML(html);
  return (page as { readonly document: Node }).document;
}

function all(root: Node, selector: string): readonly Node[] {
  return [...root.querySelectorAll(selector)];
}

function headings(html: string): readonly string[] {
  return all(parsed(html), "h2").map(({ textContent }) => textContent);
}

describe("the HTML report", () => {
  it("tells its sections in reading order", () => {
    const order =
      "Change Measurements Comparisons Gates Equivalence Search Reward Conditions Inputs Phases Reproduce";
    assert.deepEqual(headings(renderHtml(INPUT)), order.split(" "));
  });

  it("leaves out what a session has nothing on", () => {
    assert.deepEqual(headings(renderHtml(FAILED)), ["Conditions", "Phases", "Reproduce"]);
    assert.ok(!headings(renderHtml(NO_BASELINE)).includes("Comparisons"));
  });

  it("tells which candidates were refused, and why", () => {
    const reason = "in the burst 3 of its sandboxes failed";
    const refusals = [{ candidate: "hoist-set", phase: "burst", reason }] as const;
    const section = parsed(renderHtml(session({ refusals }))).querySelector("#refusals");
    assert.match(section!.textContent, /hoist-set\s*burst\s*in the burst 3 of its sandboxes failed/);
  });

  it("puts the counterexample of a rejected candidate first", () => {
    const page = parsed(renderHtml(REJECTED));
    assert.equal(all(page, "h2")[0]!.textContent, "Counterexample");
    assert.match(
      page.querySelector("figure.counterexample")!.textContent,
      /shrunk from 412 to 33 characters[^]*__proto__/,
    );
  });

  it("shows every figure of a comparison", () => {
    const text = parsed(renderHtml(INPUT)).querySelector("#comparisons")!.textContent;
    const shown = [
      "welch-on-fork-means",
      "Hedges’ g",
      "Cliff’s δ",
      "Mann–Whitney p",
      "Intra-fork correlation",
      "Forks (n)",
      "isolate",
      "lower",
      "peak memory",
    ];
    for (const name of shown) assert.ok(text.includes(name), name);
    assert.match(text, /Improved: better by more than 2 %\s*< 0\.0001\s*< 0\.0001\s*yes/);
    assert.match(text, /Regressed: worse by more than 2 %\s*> 0\.9999\s*> 0\.9999\s*no/);
  });

  it("is the same text for the same session", () => assert.ok(renderHtml(INPUT) === renderHtml(INPUT)));

  it("stays small at 20 forks of 500: iterations are drawn as bins, not as points", () => {
    const html = renderHtml(INPUT);
    assert.ok(html.length < 130_000, `${html.length} characters`);
  });
});

describe("the HTML report asks for nothing and runs nothing", () => {
  for (const [name, input] of Object.entries(SESSIONS)) {
    it(`in session ${name}`, () => assertInert(parsed(renderHtml(input))));
  }

  for (const text of HOSTILE) {
    it(`though every field holds ${JSON.stringify(text).slice(0, 40)}`, () => {
      const page = parsed(renderHtml(hostileInput(text)));
      assertInert(page);
      assert.equal(
        all(page, "style").filter((style) => style.textContent.includes("color-scheme")).length,
        1,
      );
      const dd = all(page, "#equivalence pre")[0]!;
      assert.equal(dd.textContent, showHidden(text));
      for (const id of ["release", "history"]) assert.ok(page.querySelector(`#${id}`) !== null, id);
      const open = parsed(renderHtml(hostileOpenInput(text)));
      assertInert(open);
      assert.ok(open.querySelector("#settling") !== null);
    });
  }
});

const ALLOWED = new Set(
  "html head meta title style body header p h1 section span strong br time code dl div dt dd nav a main h2 h3 table caption thead tbody tr th td details summary ul ol li figure figcaption pre footer svg g path text tspan rect line circle".split(
    " ",
  ),
);

/** Every element and attribute is one that the report itself writes; no address leaves the file. */
function assertInert(page: Node): void {
  for (const element of page.querySelectorAll("*")) {
    assert.ok(ALLOWED.has(element.localName), `<${element.localName}>`);
    for (const { name, value } of element.attributes) {
      assert.doesNotMatch(
        name,
        /^on|^src|^action|^formaction|^xlink|^http$/i,
        `${name} of <${element.localName}>`,
      );
      if (name === "href") assert.match(value, /^#[a-z]+$/);
      if (name === "style") assert.match(value, /^(width:[\d.]+%|[-a-z:;,. 0-9"]*)$/);
    }
  }
  const policy = all(page, "meta").find((meta) => meta.getAttribute("http-equiv") !== null)!;
  assert.match(policy.getAttribute("content")!, /^default-src 'none'; style-src 'unsafe-inline'/);
}

describe("the HTML report can be read by everyone", () => {
  for (const [name, input] of Object.entries(SESSIONS)) {
    it(`has headings, captions and labels in session ${name}`, () => {
      const page = parsed(renderHtml(input));
      assert.equal(all(page, "h1").length, 1);
      for (const table of all(page, "table"))
        assert.ok(table.querySelector("caption")!.textContent.length > 3);
      for (const image of all(page, "[role=img]")) assert.ok(image.getAttribute("aria-label")!.length > 20);
      for (const drawing of all(page, "svg"))
        assert.doesNotMatch(drawing.textContent, /NaN|undefined|\[object/);
      const ids = all(page, "[id]").map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, "ids are unique");
      for (const link of all(page, "nav a")) assert.ok(ids.includes(link.getAttribute("href")!.slice(1)));
    });
  }

  it("every text colour has a contrast of at least 4.5 on every ground it stands on, light and dark", () => {
    const [light, dark] = REPORT_STYLE.split("@media (prefers-color-scheme: dark)").map(customColours);
    for (const colours of [light!, dark!]) {
      const texts = [...colours.keys()].filter(
        (name) => !/ground|surface|raised|^line$|^grid$|^tolerance$/.test(name),
      );
      assert.ok(texts.length >= 14);
      for (const name of texts)
        for (const ground of groundsOf(name)) {
          const contrast = contrastOf(colours.get(name)!, colours.get(ground)!);
          assert.ok(contrast >= 4.5, `${name} on ${ground}: ${contrast.toFixed(2)}`);
        }
    }
  });
});

function groundsOf(name: string): readonly string[] {
  if (name.endsWith("-ink")) return [name.replace("-ink", "-ground")];
  return name === "ink" ? ["ground", "raised", "added-ground", "removed-ground"] : ["ground", "raised"];
}

function customColours(css: string): ReadonlyMap<string, string> {
  return new Map([...css.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrastOf(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Only the place of a fault is shown: the page would drown the report of it. */
function assertClean(html: string): void {
  const fault = /.{0,60}(NaN|Infinity|undefined|\bnull\b).{0,60}/.exec(html);
  assert.equal(fault?.[0], undefined);
}

describe("odd samples", () => {
  const one = INPUT.samples[0]!;
  const odd: Readonly<Record<string, readonly Float64Array[]>> = {
    "none at all": [],
    "an empty fork among full ones": [new Float64Array(0), ...one.forks.slice(0, 3)],
    "one fork of one": [Float64Array.of(1)],
    "all equal": [Float64Array.of(2, 2, 2), Float64Array.of(2, 2, 2)],
    "all zero": [Float64Array.of(0, 0), Float64Array.of(0, 0)],
    "not finite": [Float64Array.of(Number.NaN, 1, 2, Number.POSITIVE_INFINITY), Float64Array.of(1, 1.5)],
    negative: [Float64Array.of(-3, -2), Float64Array.of(-1, 4)],
    "two hundred forks": Array.from({ length: 200 }, (_, fork) => Float64Array.of(1 + (fork % 7), 2)),
  };
  for (const [name, forks] of Object.entries(odd)) {
    it(`${name} are drawn without a fault`, () => {
      const html = renderHtml({
        ...INPUT,
        sampleInputs: [],
        samples: [{ ...one, forks }, INPUT.samples[1]!],
      });
      assertClean(html);
    });
  }

  it("comparisons without ratio, interval or effect size show a dash", () => {
    const row = {
      ...DOCUMENT.comparisons[0]!,
      relDelta: null,
      ci99: null,
      hedgesG: null,
      intraForkCorrelation: null,
    };
    const html = renderHtml(session({ comparisons: [row] }, { sampleInputs: [] }));
    assertClean(html);
    assert.ok(html.includes("changed from zero"));
  });
});
