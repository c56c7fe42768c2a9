import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber, oddWord } from "./rewriting.ts";

const rule = "first-index-filter-to-set";
const value = fc.array(fc.option(oddNumber, { nil: undefined }));

describe(rule, () => {
  it("spreads a Set of strings", () => {
    const before = "export const f = (xs: string[]) => xs.filter((x, i) => xs.indexOf(x) === i);\n";
    assertRewrites(rule, before, "export const f = (xs: string[]) => [...new Set(xs)];\n");
    assertEquivalent(rule, before, fc.tuple(fc.array(oddWord)));
  });

  it("keeps −0 and drops NaN, as the search for an index does", () => {
    const before = "export const f = (xs: number[]) => xs.filter((x, i) => xs.indexOf(x) === i);\n";
    assertRewrites(
      rule,
      before,
      `export const f = (xs: number[]) => {
  const seen = new Set<number>();
  return xs.filter((x) => !Number.isNaN(x) && seen.size !== seen.add(x).size);
};
`,
    );
    assertEquivalent(rule, before, fc.tuple(fc.array(oddNumber)));
  });

  it("knows repeated elements, keys, holes and the third parameter", () => {
    const sparse = fc.sparseArray(oddNumber, { maxNumElements: 6, maxLength: 9 });
    const repeated =
      "export const f = (xs: (number | undefined)[]) => xs.filter((x, i) => i !== xs.indexOf(x));";
    assertEquivalent(rule, repeated, fc.tuple(fc.oneof(value, sparse)));
    const third =
      "export const f = (xs: number[]) => xs.map((x) => x + 1).filter((x, i, all) => all.indexOf(x) === i);";
    assertEquivalent(rule, third, fc.tuple(fc.array(oddNumber)));
    const keyed =
      "export const f = (xs: { id: number }[]) => xs.filter((x, i) => xs.findIndex((other) => other.id === x.id) === i);";
    assertEquivalent(rule, keyed, fc.tuple(fc.array(fc.record({ id: oddNumber }))));
  });

  it("leaves other arrays, lastIndexOf, and unlike keys alone", () => {
    const types = "{ id: number; to: number }[]";
    assertLeavesAlone(
      rule,
      "export const f = (xs: string[], ys: string[]) => xs.filter((x, i) => ys.indexOf(x) === i);",
    );
    assertLeavesAlone(
      rule,
      "export const f = (xs: string[]) => xs.filter((x, i) => xs.lastIndexOf(x) === i);",
    );
    assertLeavesAlone(
      rule,
      `export const f = (xs: ${types}) => xs.filter((x, i) => xs.findIndex((other) => other.id === x.to) === i);`,
    );
  });

  it("does not put its memory before a loop whose condition it stands in", () => {
    assertLeavesAlone(
      rule,
      `export function f(xs: number[]): void {
  while (xs.filter((x, i) => xs.indexOf(x) === i).length > 2) xs.pop();
}`,
    );
  });
});
