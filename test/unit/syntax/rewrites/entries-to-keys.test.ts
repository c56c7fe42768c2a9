import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber, oddWord } from "./rewriting.ts";

const rule = "entries-to-keys";
const of = (expression: string): string =>
  `export const f = (sizes: Record<string, number>) => ${expression};\n`;

describe(rule, () => {
  it("asks for keys or values alone", () => {
    assertRewrites(
      rule,
      of("Object.entries(sizes).map(([, size]) => size * 2)"),
      of("Object.values(sizes).map((size) => size * 2)"),
    );
    const loop = (head: string): string =>
      `export function f(sizes: Record<string, number>): string[] {
  const names: string[] = [];
  for (const ${head}) names.push(name);
  return names;
}
`;
    assertRewrites(rule, loop("[name] of Object.entries(sizes)"), loop("name of Object.keys(sizes)"));
  });

  it("gives the same in the same order", () => {
    const sizes = fc.dictionary(
      fc.oneof(
        oddWord.filter((word) => word !== "__proto__"),
        fc.constantFrom("2", "10"),
      ),
      oddNumber,
    );
    assertEquivalent(rule, of("Object.entries(sizes).map(([name]) => name + 1)"), fc.tuple(sizes));
    assertEquivalent(rule, of("Object.entries(sizes).some(([, size]) => size > 0)"), fc.tuple(sizes));
  });

  it("leaves alone whole entries, what gives entries back, and what may have getters", () => {
    assertLeavesAlone(rule, of("Object.entries(sizes).map(([name, size]) => name + size)"));
    assertLeavesAlone(rule, of("Object.entries(sizes).filter(([name]) => name > 'a')"));
    assertLeavesAlone(rule, of("Object.entries(sizes).map(([name], i, all) => name + all.length)"));
    assertLeavesAlone(rule, of("Object.entries(sizes).map(([name = 'a']) => name)"));
    assertLeavesAlone(
      rule,
      "export const f = (sizes: Map<string, number>) => [...sizes.entries()].map(([name]) => name);",
    );
  });
});
