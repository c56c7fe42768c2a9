import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "set-length-to-size";
const of = (expression: string): string => `export const f = (xs: number[]) => ${expression};\n`;

describe(rule, () => {
  it("asks for the size", () => {
    assertRewrites(rule, of("[...new Set(xs)].length"), of("new Set(xs).size"));
    assertRewrites(rule, of("Array.from(new Set(xs)).length"), of("new Set(xs).size"));
    assertEquivalent(rule, of("[...new Set(xs)].length"), fc.tuple(fc.array(oddNumber)));
  });

  it("leaves other things alone", () => {
    assertLeavesAlone(rule, of("[0, ...new Set(xs)].length"));
    assertLeavesAlone(rule, of("[...xs].length"));
    assertLeavesAlone(rule, of("Array.from(new Set(xs), (x) => x).length"));
    assertLeavesAlone(
      rule,
      "class Set { *[Symbol.iterator](): Generator<number> { yield 1; } }\nexport const f = () => [...new Set()].length;",
    );
  });
});
