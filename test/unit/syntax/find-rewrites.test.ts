import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { findRewrites } from "../../../kernels/syntax/find-rewrites.ts";
import type { Rewrite } from "../../../kernels/syntax/index.ts";

const file = path.join(import.meta.dirname, "subject.ts");
const found = (source: string, exportName = "f"): readonly Rewrite[] =>
  findRewrites({ module: { ref: { file, exportName }, source } });

const source = `const known = (all: string[], one: string) => all.filter((word) => word === one)[0];
function unrelated(all: string[], some: string[]): string[] {
  return all.filter((one) => some.includes(one));
}
export function f(all: string[], some: string[]): (string | undefined)[] {
  return all.filter((one) => some.includes(one)).map((one) => known(some, one));
}
export { unrelated };
`;

describe("findRewrites", () => {
  it("looks into the functions of the module that the subject reaches, and into no others", () => {
    assert.deepEqual(
      found(source).map(({ rule, line }) => [rule, line]),
      [
        ["array-includes-to-set", 6],
        ["array-passes-fused", 6],
        ["filter-first-to-find", 1],
      ],
    );
  });

  it("answers the same to the same text", () => {
    assert.deepEqual(found(source), found(source));
  });

  it("composes: every rewrite can be applied to what another one left, until none is left", () => {
    let text = source;
    const rules: string[] = [];
    for (let [next] = found(text); next !== undefined; [next] = found(text)) {
      text = next.source;
      rules.push(next.rule);
      assert.ok(rules.length < 20);
    }
    assert.deepEqual(rules, ["array-includes-to-set", "array-passes-fused", "filter-first-to-find"]);
    assert.match(text, /const someSet = new Set\(some\);/);
    assert.match(text, /all\.find\(/);
  });

  it("gives whole texts, each new", () => {
    const texts = found(source).map((rewrite) => rewrite.source);
    assert.equal(new Set([source, ...texts]).size, texts.length + 1);
  });

  it("finds nothing in a function that has nothing to exchange", () => {
    assert.deepEqual(found("export const f = (a: number, b: number): number => a + b;"), []);
  });
});
