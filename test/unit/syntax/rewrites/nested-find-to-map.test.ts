import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber, oddWord } from "./rewriting.ts";

const rule = "nested-find-to-map";
const types = "interface Item { id: number; name: string; total: number }\n";

const joined = `${types}export function f(items: Item[], ids: number[]): (string | undefined)[] {
  return ids.map((id) => items.find((item) => item.id === id && item.total > 0)?.name);
}
`;

const grouped = `${types}export function f(items: Item[]): Item[] {
  const sums: Item[] = [];
  for (const item of items) {
    const sum = sums.find((one) => one.name === item.name);
    if (sum === undefined) sums.push({ ...item });
    else sum.total += item.total;
  }
  return sums;
}
`;

const item = fc.record({ id: oddNumber, name: oddWord, total: oddNumber });

describe(rule, () => {
  it("indexes the first element of each key, without NaN, under the further conditions", () => {
    assertRewrites(
      rule,
      joined,
      `${types}export function f(items: Item[], ids: number[]): (string | undefined)[] {
  const itemsById = new Map<number, Item>();
  for (const item of items) {
    if (item.total > 0 && !Number.isNaN(item.id) && !itemsById.has(item.id)) itemsById.set(item.id, item);
  }
  return ids.map((id) => itemsById.get(id)?.name);
}
`,
    );
  });

  it("follows an array that grows, naming what is pushed", () => {
    assertRewrites(
      rule,
      grouped,
      `${types}export function f(items: Item[]): Item[] {
  const sums: Item[] = [];
  const sumsByName = new Map<string, Item>();
  for (const item of items) {
    const sum = sumsByName.get(item.name);
    if (sum === undefined) {
      const added: Item = { ...item };
      sums.push(added);
      if (!sumsByName.has(added.name)) sumsByName.set(added.name, added);
    }
    else sum.total += item.total;
  }
  return sums;
}
`,
    );
  });

  it("finds the same elements, NaN, −0 and repeated keys included", () => {
    assertEquivalent(rule, joined, fc.tuple(fc.array(item), fc.array(oddNumber)));
    assertEquivalent(rule, grouped, fc.tuple(fc.array(item)));
  });

  it("leaves alone what changes keys, array or elements in the loop", () => {
    for (const change of [
      "item.id++;",
      "items.pop();",
      "items[0] = item;",
      "for (const other of items) other.id = 1;",
    ]) {
      assertLeavesAlone(
        rule,
        `${types}export function f(items: Item[], others: Item[]): void {
  for (const item of others) {
    const same = items.find((one) => one.id === item.id);
    if (same !== undefined) { ${change} }
  }
}`,
      );
    }
  });

  it("leaves alone arrays that may have holes, ==, callbacks with an index, and accessors", () => {
    const loop = (array: string, callback: string): string =>
      `${types}class Lazy { get id(): number { return 1; } }
export const f = (items: ${array}, ids: number[]) => ids.map((id) => items.find(${callback}));`;
    assertLeavesAlone(rule, loop("(Item | undefined)[]", "(one) => one!.id === id"));
    assertLeavesAlone(rule, loop("Item[]", "(one) => one.id == id"));
    assertLeavesAlone(rule, loop("Item[]", "(one, index) => one.id === id"));
    assertLeavesAlone(rule, loop("Lazy[]", "(one) => one.id === id"));
    assertLeavesAlone(rule, loop("any", "(one) => one.id === id"));
  });

  it("leaves alone a search whose key is sought with unknown code", () => {
    assertLeavesAlone(
      rule,
      `${types}export const f = (items: Item[], keys: (() => number)[]) => keys.map((key) => items.find((one) => one.id === key()));`,
    );
  });
});
