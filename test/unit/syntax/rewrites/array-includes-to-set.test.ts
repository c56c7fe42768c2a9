import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { applied, assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "array-includes-to-set";

const grown = `export function f(values: readonly (number | undefined)[]): unknown[] {
  const seen: (number | undefined)[] = [];
  for (const value of values) {
    if (!seen.includes(value)) seen.push(value);
  }
  return seen;
}
`;

describe(rule, () => {
  it("makes a Set before the loop and keeps it in step with pushes", () => {
    assertRewrites(
      rule,
      grown,
      `export function f(values: readonly (number | undefined)[]): unknown[] {
  const seen: (number | undefined)[] = [];
  const seenSet = new Set(seen);
  for (const value of values) {
    if (!seenSet.has(value)) {
      seen.push(value);
      seenSet.add(value);
    }
  }
  return seen;
}
`,
    );
  });

  it("gives a concise arrow function a body to hold the Set", () => {
    assertRewrites(
      rule,
      "export const f = (all: string[], some: string[]) => all.filter((one) => some.includes(one));\n",
      `export const f = (all: string[], some: string[]) => {
  const someSet = new Set(some);
  return all.filter((one) => someSet.has(one));
};
`,
    );
  });

  it("puts the Set of a module's constant beside it", () => {
    assertRewrites(
      rule,
      `const STOP_WORDS = ["a", "the"]; // short
export function f(word: string): boolean {
  return !STOP_WORDS.includes(word);
}
`,
      `const STOP_WORDS = ["a", "the"];
const stopWordsSet = new Set(STOP_WORDS); // short
export function f(word: string): boolean {
  return !stopWordsSet.has(word);
}
`,
    );
  });

  it("finds an array in plain JavaScript by its literal, and writes no types", () => {
    assertRewrites(
      rule,
      `export function f(values) {
  const seen = [];
  for (const value of values) if (!seen.includes(value)) seen.push(value);
  return seen;
}
`,
      `export function f(values) {
  const seen = [];
  const seenSet = new Set(seen);
  for (const value of values) if (!seenSet.has(value)) {
    seen.push(value);
    seenSet.add(value);
  }
  return seen;
}
`,
      "js",
    );
  });

  it("does the same for NaN, −0, undefined and holes", () => {
    const value = fc.option(oddNumber, { nil: undefined });
    assertEquivalent(rule, grown, fc.tuple(fc.array(value)));
    const fixed = `export const f = (all: (number | undefined)[], some: (number | undefined)[]) =>
  all.map((one) => some.includes(one));`;
    const sparse = fc.sparseArray(oddNumber, { maxNumElements: 5, maxLength: 8 });
    assertEquivalent(rule, fixed, fc.tuple(fc.array(value), sparse));
  });

  it("leaves an array alone that the loop changes otherwise than by pushing", () => {
    for (const change of [
      "seen.pop();",
      "seen[0] = value;",
      "seen.length = 0;",
      "seen = [];",
      "seen.push(...values);",
    ]) {
      assertLeavesAlone(
        rule,
        `export function f(values: number[]): void {
  let seen: number[] = [];
  for (const value of values) {
    if (seen.includes(value)) continue;
    ${change}
  }
}`,
      );
    }
  });

  it("leaves an array alone that another name may change", () => {
    assertLeavesAlone(
      rule,
      `export function f(all: number[], some: number[]): number[] {
  return all.filter((one) => { all.push(1); return some.includes(one); });
}`,
    );
  });

  it("leaves an array alone that unknown code in the loop may change", () => {
    assertLeavesAlone(
      rule,
      `export function f(all: number[], some: number[], visit: (one: number) => void): void {
  for (const one of all) if (!some.includes(one)) visit(one);
}`,
    );
  });

  it("leaves a search alone that starts later, is in no loop, or is in a string", () => {
    assertLeavesAlone(
      rule,
      "export const f = (all: number[], some: number[]) => all.map((one) => some.includes(one, 1));",
    );
    assertLeavesAlone(rule, "export const f = (some: number[], one: number) => some.includes(one);");
    assertLeavesAlone(
      rule,
      "export const f = (all: string[], text: string) => all.map((one) => text.includes(one));",
    );
  });

  it("leaves an array alone that is known to be one only inside of the loop", () => {
    assertLeavesAlone(
      rule,
      `export function f(all: number[], some?: number[]): number[] {
  return all.filter((one) => some !== undefined && some.includes(one));
}`,
    );
  });

  it("keeps no Set of a constant that others may change, however it is exported", () => {
    const names = (head: string, tail: string): string =>
      `${head}const NAMES = ["a", "b"];\n${tail}export const f = (words: string[]) => words.filter((one) => NAMES.includes(one));\n`;
    const exported = [
      names("export ", ""),
      names("", "export { NAMES };\n"),
      names("", "export { NAMES as others };\n"),
      names("", "export default NAMES;\n"),
      names("", "export const box = { NAMES };\n"),
    ];
    for (const source of exported) {
      const kept = applied(rule, source).filter(({ source: text }) => /^const namesSet/m.test(text));
      assert.deepEqual(kept, []);
    }
    assert.match(applied(rule, names("", ""))[0]!.source, /^const namesSet = new Set\(NAMES\);$/m);
  });
});
