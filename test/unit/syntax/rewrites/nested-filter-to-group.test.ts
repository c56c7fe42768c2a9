import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "nested-filter-to-group";
const types = "interface Item { id: number; total: number }\n";

const summed = `${types}export const f = (items: Item[], ids: number[]) =>
  ids.map((id) => items.filter((one) => one.id === id).reduce((sum, one) => sum + one.total, 0));
`;
const kept = `${types}export const f = (items: Item[], ids: number[]) =>
  ids.map((id) => items.filter((one) => one.id === id && one.total > 0));
`;
const inputs = fc.tuple(fc.array(fc.record({ id: oddNumber, total: oddNumber })), fc.array(oddNumber));

describe(rule, () => {
  it("groups once, and gives the group itself where it is only read", () => {
    assertRewrites(
      rule,
      summed,
      `${types}export const f = (items: Item[], ids: number[]) => {
  const itemsById = new Map<number, Item[]>();
  for (const one of items) {
    if (Number.isNaN(one.id)) continue;
    const group = itemsById.get(one.id);
    if (group === undefined) itemsById.set(one.id, [one]);
    else group.push(one);
  }
  return ids.map((id) => (itemsById.get(id) ?? []).reduce((sum, one) => sum + one.total, 0));
};
`,
    );
  });

  it("gives the same groups, each caller its own array", () => {
    assertEquivalent(rule, summed, inputs);
    assertEquivalent(rule, kept, inputs);
    const changed = kept.replace("));\n", ").reverse());\n");
    assertEquivalent(rule, changed, inputs);
  });

  it("leaves alone an array that grows in the loop, and loops that change what is asked", () => {
    for (const change of ["items.push(items[0]!);", "items[0]!.id = id;"]) {
      assertLeavesAlone(
        rule,
        `${types}export function f(items: Item[], ids: number[]): void {
  for (const id of ids) if (items.filter((one) => one.id === id).length > 3) { ${change} }
}`,
      );
    }
  });
});
