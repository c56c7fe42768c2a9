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

  it("names its own variable as no other is named", () => {
    assertRewrites(
      rule,
      "export const f = (xs: number[], largest: number) => Math.max(...xs.map((x) => x * largest));\n",
      "export const f = (xs: number[], largest: number) => xs.reduce((largest2, x) => Math.max(largest2, x * largest), -Infinity);\n",
    );
    const smallest =
      "export const f = (xs: number[], smallest: number) => Math.min(...xs.map((x) => x * smallest));";
    assertEquivalent(rule, smallest, fc.tuple(fc.array(oddNumber), oddNumber));
  });

  it("keeps the parentheses that the array needs", () => {
    assertRewrites(
      rule,
      "export const f = (xs: number[] | undefined) => Math.max(...(xs ?? []));\n",
      "export const f = (xs: number[] | undefined) => (xs ?? []).reduce((largest, value) => Math.max(largest, value), -Infinity);\n",
    );
    const chosen =
      "export const f = (xs: number[], ys: number[], one: boolean) => Math.min(...(one ? xs : ys));";
    assertEquivalent(rule, chosen, fc.tuple(fc.array(oddNumber), fc.array(oddNumber), fc.boolean()));
  });

  it("leaves alone an array that may be missing", () => {
    const missing =
      "export const f = (rows: { [key: string]: number[] }, key: string) => Math.max(...rows[key]!);";
    assertLeavesAlone(rule, missing);
  });

  it("leaves alone what may be no number, may have holes, or runs code", () => {
    assertLeavesAlone(rule, "export const f = (xs: any[]) => Math.max(...xs);");
    assertLeavesAlone(rule, "export const f = (xs: (number | undefined)[]) => Math.max(...(xs as any));");
    assertLeavesAlone(rule, "export const f = (xs: Set<number>) => Math.max(...xs);");
    assertLeavesAlone(rule, "export const f = (xs: number[], g: () => number) => Math.max(g(), ...xs);");
  });
});
