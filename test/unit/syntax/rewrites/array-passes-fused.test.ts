import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "array-passes-fused";
const types = "interface Line { sku: string; price: number; tags: string[] }\n";
const total = `${types}export function f(lines: readonly Line[], price: number): number {
  const dear = lines.filter((line) => line.price > price).map((line) => line.price * 2);
  return dear.map((one) => one + 1).reduce((sum, price) => sum + price, 0);
}
`;
const tagged = `${types}export const f = (lines: Line[]) =>
  lines
    .filter(({ price }) => price > 0)
    .flatMap((line) => line.tags)
    .map((tag) => ({ tag, length: tag.length }))
    .filter((tag) => tag.length > 1);
`;
const line = fc.record({
  sku: fc.constantFrom("a", "b"),
  price: oddNumber,
  tags: fc.array(fc.constantFrom("", "x", "xy", "xyz")),
});

describe(rule, () => {
  it("makes one loop of a chain that a constant holds", () => {
    assertRewrites(
      rule,
      total.replace(".map((one) => one + 1)", ""),
      `${types}export function f(lines: readonly Line[], price: number): number {
  const dear: number[] = [];
  for (const line of lines) {
    if (!(line.price > price)) continue;
    dear.push(line.price * 2);
  }
  return dear.reduce((sum, price) => sum + price, 0);
}
`,
    );
  });

  it("makes loops within loops of flatMap, and a variable of what reduce gathers", () => {
    assertRewrites(
      rule,
      `${types}export const f = (lines: Line[]) =>
  lines.flatMap((line) => line.tags).filter((tag) => tag !== "").reduce((size, tag) => size + tag.length, 0);
`,
      `${types}export const f = (lines: Line[]) => {
  let size = 0;
  for (const line of lines) {
    for (const tag of line.tags) {
      if (!(tag !== "")) continue;
      size = size + tag.length;
    }
  }
  return size;
};
`,
    );
  });

  it("gives the same", () => {
    assertEquivalent(rule, total, fc.tuple(fc.array(line), oddNumber));
    const plain = tagged.replace("({ price }) => price > 0", "(line) => line.price > 0");
    assertEquivalent(rule, plain, fc.tuple(fc.array(line)));
  });

  it("leaves alone callbacks that do something, may throw, or see more than the element", () => {
    const leaves = [
      "xs.map((x) => log.push(x)).filter((x) => x > 1)",
      "xs.map((x) => x.toFixed(x)).filter((x) => x.length > 1)",
      "xs.map((x, i) => x + i).filter((x) => x > 1)",
      "xs.map(call).filter((x) => x > 1)",
      "sparse.map((x) => x).filter((x) => x !== 1)",
      "xs.map((x) => x).reduce((sum, x) => sum + x)",
      "xs.map((x) => x + 1)",
    ];
    for (const chain of leaves) {
      assertLeavesAlone(
        rule,
        `export function f(xs: number[], sparse: (number | undefined)[], log: number[], call: (x: number) => number): unknown {
  return ${chain};
}`,
      );
    }
  });
});
