import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diffLines, renderDiff } from "../../../actors/evidence/report-diff.ts";
import { DIFF } from "./report-session.ts";

describe("diffLines", () => {
  it("numbers each side by itself", () => {
    const lines = diffLines(DIFF);
    const find = (text: string): unknown => lines.find((line) => line.text.includes(text));
    assert.deepEqual(lines[0], { side: "file", before: null, after: null, text: "src/orders.ts" });
    assert.deepEqual(find("seen: string[]"), {
      side: "removed",
      before: 17,
      after: null,
      text: "  const seen: string[] = [];",
    });
    assert.deepEqual(find("new Set"), {
      side: "added",
      before: null,
      after: 16,
      text: "  const seen = new Set<string>();",
    });
    assert.deepEqual(find("const groups"), {
      side: "same",
      before: 29,
      after: 33,
      text: "  const groups = new Map<string, Order[]>();",
    });
  });

  it("reads removed lines that look like a file header as removed lines", () => {
    const lines = diffLines("--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n--- old comment\n keep\n");
    assert.deepEqual(
      lines.slice(2).map(({ side, text }) => [side, text]),
      [
        ["removed", "-- old comment"],
        ["same", "keep"],
      ],
    );
  });

  it("keeps the note on a missing last line feed, and names a renamed file twice", () => {
    const lines = diffLines("--- a/x.ts\n+++ b/y.ts\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n");
    assert.equal(lines[0]!.text, "x.ts → y.ts");
    assert.equal(lines.at(-1)!.side, "note");
  });

  it("keeps text that is no unified diff line by line", () => {
    assert.deepEqual(
      diffLines("@@ nonsense\n+x\n").map(({ text }) => text),
      ["@@ nonsense", "+x"],
    );
  });
});

describe("renderDiff", () => {
  it("folds a long diff, cuts a very long one, and says what is left out", () => {
    assert.doesNotMatch(renderDiff(DIFF).toString(), /<details>/);
    const added = Array.from({ length: 3_000 }, (_, line) => `+line ${line}`).join("\n");
    const text = renderDiff(`--- a/x\n+++ b/x\n@@ -0,0 +1,3000 @@\n${added}\n`).toString();
    assert.match(text, /<summary>Show the diff: 3,002 lines, <span class="added-count">\+3000<\/span>/);
    assert.match(text, /1,502 further lines are not shown/);
    assert.ok(text.length < 400_000);
  });

  it("escapes what the code holds", () => {
    const text = renderDiff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-</script>\n+<img onerror=x>\n").toString();
    assert.match(text, /&lt;\/script&gt;/);
    assert.doesNotMatch(text, /<img|<\/script/);
  });
});
