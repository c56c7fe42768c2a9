import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { lineOf, wordsOf } from "../../../actors/command/command-words.ts";
import { hasCode } from "../../contract/journal-contract.ts";

describe("a command line", () => {
  it("is cut at whitespace, and held together by quotes and backslashes", () => {
    for (const [line, words] of [
      ["python3 old.py", ["python3", "old.py"]],
      ["  a \t b\\ c ", ["a", "b c"]],
      [`sh -c 'echo $HOME | wc'`, ["sh", "-c", "echo $HOME | wc"]],
      [`x "a \\"b\\" \\\\ c" ''`, ["x", `a "b" \\ c`, ""]],
      [`--name='a b'"c"d`, ["--name=a bcd"]],
    ] as const) {
      assert.deepEqual(wordsOf(line), words);
    }
  });

  it("is refused for what only a shell understands, for a quote that is not closed, and for nothing", () => {
    for (const line of [
      "a | b",
      "a > b",
      "a; b",
      "a && b",
      "echo $X",
      "ls *.ts",
      "~/x",
      "a `b`",
      "'a",
      `"a`,
      "",
      " ",
    ]) {
      assert.throws(() => wordsOf(line), hasCode("TASK_INVALID"), line);
    }
  });

  it("made of words is cut into the same words again", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        assert.deepEqual(wordsOf(lineOf(words)), words);
      }),
    );
  });
});
