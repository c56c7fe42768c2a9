import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "some-to-set";
const types = "interface Item { id: number; open: boolean }\n";
const known = `${types}export const f = (items: Item[], ids: number[]) => ids.filter((id) => items.some((one) => one.open && one.id === id));
`;
const missing = `${types}export const f = (items: Item[], ids: number[]) => ids.filter((id) => items.every((one) => id !== one.id));
`;
const inputs = fc.tuple(fc.array(fc.record({ id: oddNumber, open: fc.boolean() })), fc.array(oddNumber));

describe(rule, () => {
  it("makes a Set of the keys that fulfil the other conditions", () => {
    assertRewrites(
      rule,
      known,
      `${types}export const f = (items: Item[], ids: number[]) => {
  const itemsIds = new Set<number>(items.filter((one) => one.open && !Number.isNaN(one.id)).map((one) => one.id));
  return ids.filter((id) => itemsIds.has(id));
};
`,
    );
  });

  it("answers alike for some and every, NaN and −0 included", () => {
    assertEquivalent(rule, known, inputs);
    assertEquivalent(rule, missing, inputs);
  });

  it("leaves alone every with ===, some with !==, and keys that change in the loop", () => {
    assertLeavesAlone(rule, missing.replace("!==", "==="));
    assertLeavesAlone(rule, missing.replace("every", "some"));
    assertLeavesAlone(
      rule,
      `${types}export function f(items: Item[], ids: number[]): void {
  for (const id of ids) if (items.some((one) => one.id === id)) items[0]!.id++;
}`,
    );
  });
});
