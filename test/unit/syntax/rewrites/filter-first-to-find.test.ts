import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "filter-first-to-find";
const of = (expression: string): string => `export const f = (xs: number[]) => ${expression};\n`;

describe(rule, () => {
  it("finds the first, and asks for any", () => {
    assertRewrites(rule, of("xs.filter((x) => x > 1)[0]"), of("xs.find((x) => x > 1)"));
    assertRewrites(rule, of("xs.filter((x) => x > 1).length > 0"), of("xs.some((x) => x > 1)"));
    assertRewrites(rule, of("xs.filter((x) => x > 1).length === 0"), of("!xs.some((x) => x > 1)"));
  });

  it("gives the same", () => {
    const tests = ["[0]", ".length > 0", ".length !== 0", ".length >= 1", ".length === 0", ".length < 1"];
    for (const test of tests) {
      assertEquivalent(rule, of(`xs.filter((x, i) => x > i)${test}`), fc.tuple(fc.array(oddNumber)));
    }
  });

  it("leaves alone other counts and places, callbacks that do something, and arrays with holes", () => {
    for (const use of ["[1]", ".length > 1", ".length === 2", ".length"]) {
      assertLeavesAlone(rule, of(`xs.filter((x) => x > 1)${use}`));
    }
    assertLeavesAlone(rule, of("xs.filter((x) => { xs.pop(); return x > 1; })[0]"));
    assertLeavesAlone(rule, of("xs.filter((x, i, all) => all[0] === x)[0]"));
    assertLeavesAlone(
      rule,
      "export const f = (xs: (number | undefined)[]) => xs.filter((x) => x === undefined)[0];",
    );
  });
});
