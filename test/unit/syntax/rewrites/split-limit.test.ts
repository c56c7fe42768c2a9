import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites } from "./rewriting.ts";

const rule = "split-limit";
const of = (expression: string): string => `export const f = (text: string) => ${expression};\n`;

describe(rule, () => {
  it("limits the split to what is read", () => {
    assertRewrites(rule, of('text.split(" ")[0]'), of('text.split(" ", 1)[0]'));
    assertRewrites(rule, of("text.split(/,|(;)/)[2]"), of("text.split(/,|(;)/, 3)[2]"));
  });

  it("gives the same piece", () => {
    const text = fc.string({ unit: fc.constantFrom("a", ",", ";", "é", "😀") });
    for (const read of ['split(",")[0]', 'split("")[1]', "split(/,|(;)/)[2]", "split(/(?:)/u)[1]"]) {
      assertEquivalent(rule, of(`text.${read}`), fc.tuple(text));
    }
  });

  it("leaves alone indexes that vary, results that are kept, and other things with a split", () => {
    assertLeavesAlone(rule, of('text.split(" ")[text.length]'));
    assertLeavesAlone(rule, of('text.split(" ")'));
    assertLeavesAlone(rule, of('text.split(" ", 2)[0]'));
    assertLeavesAlone(rule, "export const f = (own: { split(by: string): string[] }) => own.split(',')[0];");
  });
});
