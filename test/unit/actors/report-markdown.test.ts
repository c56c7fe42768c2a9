import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { renderMarkdown } from "../../../actors/evidence/report.ts";
import {
  markdownBlock,
  markdownCellCode,
  markdownCode,
  markdownText,
} from "../../../actors/evidence/report-markdown-text.ts";
import { HOSTILE, hostileInput, hostileOpenInput } from "./report-hostile.ts";
import {
  BURST,
  DIFF,
  DOCUMENT,
  FAILED,
  HISTORY,
  INCONCLUSIVE,
  INPUT,
  NON_INFERIOR,
  NO_BASELINE,
  REGRESSED,
  REJECTED,
  RELEASE,
  session,
} from "./report-session.ts";

describe("the Markdown report", () => {
  it("begins with the verdict and its sentence", () => {
    const [title, , sentence] = renderMarkdown(INPUT).split("\n");
    assert.equal(title, "### ✓ Improved: `src/orders.ts#dedupe`");
    assert.match(sentence!, /^\*\*dedupe is 3\.44 × faster/);
  });

  it("shows the counterexample of a rejected candidate unfolded", () => {
    const text = renderMarkdown(REJECTED);
    assert.ok(text.indexOf('```js\n[[{ id: "__proto__", total: 1 }]]\n```') < text.indexOf("<details>"));
  });

  it("holds the change as a diff, folded", () => {
    assert.ok(
      renderMarkdown(INPUT).includes(
        "<details><summary>The change</summary>\n\n```diff\n--- a/src/orders.ts\n",
      ),
    );
  });

  for (const [name, input] of Object.entries({
    INPUT,
    REGRESSED,
    INCONCLUSIVE,
    NON_INFERIOR,
    REJECTED,
    NO_BASELINE,
    FAILED,
  })) {
    it(`is well formed and short in session ${name}`, () => {
      const text = renderMarkdown(input);
      assertWellFormed(text);
      assert.ok(text.split("\n").length <= 210);
      assert.equal(/.*(\bnull\b|undefined).*/.exec(text)?.[0], undefined);
    });
  }

  it("stays within 210 lines and GitHub's 65,536 characters, however much the session holds", () => {
    const text = renderMarkdown(enormous());
    assert.ok(text.split("\n").length <= 211, `${text.split("\n").length} lines`);
    assert.ok(text.length < 65_536, `${text.length} characters`);
    assertWellFormed(text);
  });

  for (const hostile of HOSTILE) {
    it(`keeps its form though every field holds ${JSON.stringify(hostile).slice(0, 40)}`, () => {
      for (const input of [hostileInput(hostile), hostileOpenInput(hostile)]) {
        const text = renderMarkdown(input);
        assertWellFormed(text);
        assert.ok(text.split("\n").length <= 211);
      }
    });
  }
});

function enormous(): typeof INPUT {
  const many = <Value>(value: Value, count: number): readonly Value[] =>
    Array.from({ length: count }, () => value);
  const long = "x y ".repeat(2_000);
  const { search, gates, comparisons, phases } = DOCUMENT;
  return session(
    {
      verdict: "inconclusive",
      burst: BURST,
      baseline: {
        from: long,
        to: long,
        candidate: long,
        release: { ...RELEASE, before: long, comparisons: many(RELEASE.comparisons[0]!, 9) },
      },
      search: { ...search!, history: many({ ...search!.history[0]!, description: long, reason: long }, 300) },
      gates: many({ ...gates[0]!, passed: false, reason: long, details: many(long, 20) }, 40),
      refusals: many({ candidate: long, phase: "burst", reason: long } as const, 60),
      comparisons: many({ ...comparisons[0]!, caseId: long, verdict: "inconclusive" } as const, 60),
      phases: many(phases[0]!, 90),
      isolation: { engine: long, carrier: long, enforced: many(long, 50), missing: many(long, 50) },
      error: { code: long, message: long, hint: long, location: long },
      equivalence: {
        inputs: 9,
        sealed: 3,
        disagreements: 9,
        engines: many(long, 9),
        counterexamples: many(
          {
            input: `${long}\n`.repeat(40),
            engine: long,
            subject: `${long}\n`.repeat(40),
            candidate: `${long}\n`.repeat(40),
            shrunkFrom: 9,
            shrunkTo: 9,
          },
          9,
        ),
      },
    },
    {
      diff: DIFF.repeat(90),
      history: many(HISTORY, 4),
      sampleInputs: many(long, 90),
      inputOrigin: long,
      reproduce: many(long, 90),
    },
  );
}

/** Reads the text as GitHub does, line by line: fences, tables, the report's own HTML, and nothing else of either. */
function assertWellFormed(text: string): void {
  let fence = "";
  let columns = 0;
  let depth = 0;
  for (const line of text.split("\n")) {
    const ticks = /^(`{3,})([a-z]*)$/.exec(line);
    if (fence !== "") {
      if (ticks !== null && ticks[1]!.length >= fence.length && ticks[2] === "") fence = "";
      continue;
    }
    if (ticks !== null) {
      fence = ticks[1]!;
      continue;
    }
    const cells = line.startsWith("| ") ? cellsOf(line) : 0;
    if (columns !== 0 && cells !== 0) assert.equal(cells, columns, line);
    columns = cells;
    const bare = withoutCode(line);
    for (const [tag] of bare.matchAll(/(?<!\\)<\/?[a-zA-Z!][^>]*>/g)) {
      assert.match(tag, /^<\/?(details|summary|sub|code)>$/, line);
      if (tag === "<details>") depth++;
      if (tag === "</details>") depth--;
    }
    assert.doesNotMatch(bare, /@\w|:\/\/|www\.|(?<!\\)!\[|(?<!\\)\]\(|^#{1,2} |(?<!\\|#|&)#\d/, line);
  }
  assert.equal(fence, "", "every fence is closed");
  assert.equal(depth, 0, "every fold is closed");
}

function cellsOf(row: string): number {
  return row.replace(/\\\\/g, "").replace(/\\\|/g, "").split("|").length - 2;
}

/** Without code spans: a run of backticks, to the next run of the same length. */
function withoutCode(line: string): string {
  return line.replace(/(?<![`\\])(`+)(?!`)(.*?[^`])\1(?!`)/g, "");
}

describe("text made safe for Markdown", () => {
  it("prose neither formats, mentions, links nor refers", () => {
    assert.equal(
      markdownText("**a** _b_ | <c>\n@d #1 https://e"),
      "\\*\\*a\\*\\* \\_b\\_ &#124; \\<c\\> @\u200bd #\u200b1 https:\u200b//e",
    );
    assert.equal(markdownText("1. one"), "1\\. one");
    assert.equal(markdownText("- 1.25 (x)"), "\\- 1.25 (x)");
  });

  it("a code span's fence is longer than any run of backticks inside", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("`", "``", "a", " ", "|", "\\")).map((parts) => parts.join("")),
        (text) => {
          const span = markdownCode(text);
          const fence = /^`*/.exec(span)![0];
          const inner = span.slice(fence.length, -fence.length || undefined);
          assert.ok(
            fence === "" ||
              !new RegExp(`(?<!\`)${fence}(?!\`)`).test(` ${inner} `.replace(/^ | $/g, "")) ||
              inner === "",
          );
          assert.ok(fence === "" || span.endsWith(fence));
        },
      ),
    );
  });

  it("a bar cannot leave its cell, not even behind a backslash", () => {
    assert.equal(markdownCellCode("a\\|b"), "<code>a\\\\&#124;b</code>");
  });

  it("a block's fence outlasts the text, long lines and long texts are cut", () => {
    assert.deepEqual(markdownBlock("a\n````\nb", "js", 9), ["`````js", "a", "````", "b", "`````"]);
    assert.deepEqual(markdownBlock("a\nb\nc", "", 2), [
      "```",
      "a",
      "b",
      "```",
      "(1 further lines are in the HTML report)",
    ]);
    assert.ok(markdownBlock("x".repeat(999), "", 2)[1]!.length <= 240);
  });
});
