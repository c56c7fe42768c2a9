import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "spread-max-to-reduce";

describe(rule, () => {
  it("takes a map in", () => {
    assertRewrites(
      rule,
      "export const f = (words: string[]) => Math.max(0, ...words.map((word) => word.length));\n",
      "export const f = (words: string[]) => words.reduce((largest, word) => Math.max(largest, word.length), 0);\n",
    );
  });

  it("gives the same for NaN, −0, infinities and nothing at all", () => {
    for (const method of ["max", "min"]) {
      const source = `export const f = (xs: number[]) => Math.${method}(...xs);`;
      assertEquivalent(rule, source, fc.tuple(fc.array(oddNumber)));
      assertEquivalent(
        rule,
        source.replace("...xs", "0, ...xs.map((x) => -x)"),
        fc.tuple(fc.array(oddNumber)),
      );
    }
  });

  it("leaves alone what may be no number, may have holes, or runs code", () => {
    assertLeavesAlone(rule, "export const f = (xs: any[]) => Math.max(...xs);");
    assertLeavesAlone(rule, "export const f = (xs: (number | undefined)[]) => Math.max(...(xs as any));");
    assertLeavesAlone(rule, "export const f = (xs: Set<number>) => Math.max(...xs);");
    assertLeavesAlone(rule, "export const f = (xs: number[], g: () => number) => Math.max(g(), ...xs);");
  });
});
