import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "concat-in-loop-to-push";
const listed = `export function f(rows: readonly number[][]): number[] {
  let all: number[] = [];
  for (const row of rows) {
    all = all.concat(row);
    all = [...all, row.length, all.length];
  }
  return all;
}
`;
const within = (
  body: string,
): string => `export function f(xs: number[], keep: (list: number[]) => void): unknown {
  let all: number[] = [];
  const kept: unknown[] = [];
  for (const x of xs) {
    ${body}
  }
  return [all, kept];
}`;

describe(rule, () => {
  it("pushes elements, and those of an array one by one", () => {
    assertRewrites(
      rule,
      listed,
      `export function f(rows: readonly number[][]): number[] {
  const all: number[] = [];
  for (const row of rows) {
    for (const one of row) all.push(one);
    all.push(row.length, all.length);
  }
  return all;
}
`,
    );
    assertEquivalent(rule, listed, fc.tuple(fc.array(fc.array(oddNumber))));
  });

  it("leaves an array alone that something else holds while it grows", () => {
    for (const leak of [
      "kept.push(all);",
      "keep(all);",
      "kept.push({ all });",
      "const held = all; kept.push(held.length);",
    ]) {
      assertLeavesAlone(rule, within(`all = all.concat(x); ${leak}`));
    }
    assertLeavesAlone(rule, within("all = [...all, x]; kept.push(() => { return all; });"));
    assertLeavesAlone(rule, within("all = [...all, x]; kept.push(all.values());"));
  });

  it("leaves alone a list that is joined to itself, which would never end", () => {
    for (const joined of [
      "[...all, ...all]",
      "all.concat(all)",
      "all.concat([...all])",
      "[...all, ...all.slice(1)]",
      "[...all, ...all.map((one) => one + x)]",
      "[...all, ...(x > 1 ? all : xs)]",
    ]) {
      assertLeavesAlone(rule, within(`all = ${joined};`).replace("= []", "= [1]"));
    }
  });

  it("leaves alone a loop over the array itself, other assignments, and what may be an array", () => {
    assertLeavesAlone(rule, within("for (const one of all) all = all.concat(one);"));
    assertLeavesAlone(rule, within("all = all.concat(x); if (x > 3) all = xs;"));
    assertLeavesAlone(rule, within("all = [x, ...all];"));
    assertLeavesAlone(
      rule,
      "export function f(xs: unknown[]): unknown { let all: unknown[] = []; for (const x of xs) all = all.concat(x); return all.length; }",
    );
    assertLeavesAlone(
      rule,
      "export function f(xs: number[]): unknown { let all = xs; for (const x of xs) all = all.concat(x); return all.length; }",
    );
  });
});
