import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { markup, oneLine, shorten, showHidden } from "../../../actors/evidence/report-markup.ts";

interface Parsed {
  readonly textContent: string;
  readonly children: { readonly length: number };
  getAttribute(name: string): string;
}

function parsedParagraph(html: string): Parsed {
  const page: unknown = parseHTML(`<!doctype html><html><body>${html}</body></html>`);
  const { document } = page as { readonly document: { querySelector(selector: string): Parsed } };
  return document.querySelector("p");
}

describe("markup", () => {
  it("gives every text back as text, in content and in attributes, whatever it holds", () => {
    const parts = fc.constantFrom(
      "<",
      ">",
      '"',
      "'",
      "&",
      "</p>",
      "<!--",
      "-->",
      "]]>",
      "&lt;",
      "<script>",
      "x",
      " ",
      "`",
      "\u202e",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(parts).map((list) => list.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const paragraph = parsedParagraph(markup`<p title="${text}">${text}</p>`.toString());
        assert.equal(paragraph.textContent, showHidden(text));
        assert.equal(paragraph.getAttribute("title"), showHidden(text));
        assert.equal(paragraph.children.length, 0);
      }),
    );
  });

  it("keeps markup as it is, joins lists and leaves null out", () => {
    const inner = markup`<b>${"<"}</b>`;
    assert.equal(markup`<p>${[inner, " & ", 3]}${null}</p>`.toString(), "<p><b>&lt;</b> &amp; 3</p>");
  });

  it("writes out characters that hide or reorder text, and keeps tabs and line feeds", () => {
    assert.equal(
      showHidden("a\u202eb\u200bc\u0000d\te\r\nf\rg\u{e0041}\ud800"),
      "a\\u{202e}b\\u{200b}c\\u{0}d\te\nf\\u{d}g\\u{e0041}\\u{d800}",
    );
  });
});

describe("shorten", () => {
  it("keeps the limit and never cuts a surrogate pair", () => {
    assert.equal(shorten("abcdef", 6), "abcdef");
    assert.equal(shorten("abcdefg", 6), "abcde…");
    assert.equal(shorten("ab😀cd", 4), "ab…");
  });
});

describe("oneLine", () => {
  it("joins lines with single spaces", () => assert.equal(oneLine(" a\n\t b\r\nc "), "a b c"));
});
