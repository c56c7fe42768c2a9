import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddWord } from "./rewriting.ts";

const rule = "sort-out-of-loop";
const ranked = (
  order: string,
): string => `export function f(items: { name: string; at: number }[]): unknown[] {
  const ranked: { name: string; at: number }[] = [];
  for (const item of items) {
    if (item.at < 0) continue;
    ranked.push(item);
    ranked.sort(${order});
  }
  return ranked;
}
`;
const byName = ranked("(a, b) => a.name.localeCompare(b.name)");

describe(rule, () => {
  it("sorts after the loop", () => {
    const sort = "ranked.sort((a, b) => a.name.localeCompare(b.name));\n";
    assertRewrites(rule, byName, byName.replace(`    ${sort}  }\n`, `  }\n  ${sort}`));
  });

  it("gives the same order, equal elements included", () => {
    const items = fc.array(fc.record({ name: oddWord, at: fc.integer({ min: -1, max: 9 }) }));
    assertEquivalent(rule, byName, fc.tuple(items));
    assertEquivalent(rule, ranked("(a, b) => b.name.length - a.name.length"), fc.tuple(items));
    const plain = `export function f(words: string[]): string[] {
  const sorted: string[] = [];
  for (const word of words) {
    sorted.push(word);
    sorted.sort();
  }
  return sorted;
}`;
    assertEquivalent(rule, plain, fc.tuple(fc.array(oddWord)));
  });

  it("leaves alone a loop that changes what the order reads", () => {
    const after = (statement: string): string =>
      byName
        .replace("  }\n  return", `    ${statement}\n  }\n  return`)
        .replace("): unknown[]", ", touch: (item: unknown) => void): unknown[]");
    assertLeavesAlone(rule, after('item.name = "!" + item.name;'));
    assertLeavesAlone(rule, after('items[0]!.name = "z";'));
    assertLeavesAlone(rule, after('Object.assign(item, { name: "z" });'));
    assertLeavesAlone(rule, after("touch(item);"));
    const numbered = after("item.at = 7;").replace(", touch: (item: unknown) => void", "");
    const items = fc.array(fc.record({ name: oddWord, at: fc.integer({ min: -1, max: 9 }) }));
    assertEquivalent(rule, numbered, fc.tuple(items));
  });

  it("leaves alone orders that NaN upsets, reads in the loop, and loops that are left", () => {
    assertLeavesAlone(rule, ranked("(a, b) => a.at - b.at"));
    assertLeavesAlone(rule, ranked("(a, b) => a.name.localeCompare(b.name) || a.at - b.at"));
    assertLeavesAlone(rule, ranked(""));
    assertLeavesAlone(rule, byName.replace("continue", "break; else if (ranked[0] === item) continue"));
    assertLeavesAlone(rule, byName.replace("continue", "return ranked"));
    assertLeavesAlone(rule, byName.replace("= [];", "= [...items];"));
  });
});
