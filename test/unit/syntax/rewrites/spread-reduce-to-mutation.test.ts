import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber, oddWord } from "./rewriting.ts";

const rule = "spread-reduce-to-mutation";
const counted = `export const f = (words: string[]) =>
  words.reduce<Record<string, number>>((counts, word) => ({ ...counts, [word]: (counts[word] ?? 0) + 1 }), {});
`;
const chosen = `export const f = (xs: number[]) =>
  xs.reduce<number[]>((all, x) => (x > 0 ? [...all, x, all.length] : all), []);
`;

describe(rule, () => {
  it("assigns keys, save the one that would set the prototype", () => {
    assertRewrites(
      rule,
      counted,
      `export const f = (words: string[]) =>
  words.reduce<Record<string, number>>((counts, word) => {
    // Assigned, this one name would set the prototype.
    if (word === "__proto__") return { ...counts, [word]: (counts[word] ?? 0) + 1 };
    counts[word] = (counts[word] ?? 0) + 1;
    return counts;
  }, {});
`,
    );
    assertEquivalent(rule, counted, fc.tuple(fc.array(oddWord)));
  });

  it("pushes where the choice falls on more", () => {
    assertRewrites(
      rule,
      chosen,
      `export const f = (xs: number[]) =>
  xs.reduce<number[]>((all, x) => {
    if (x > 0) all.push(x, all.length);
    return all;
  }, []);
`,
    );
    assertEquivalent(rule, chosen, fc.tuple(fc.array(oddNumber)));
  });

  it("does the same through blocks, choices with keys, several keys, numbers and concat", () => {
    const sources = [
      `export const f = (xs: number[]) => xs.reduce<Record<string, number>>((all, x) => {
  const key = "k" + x;
  if (x > 2) return all;
  if (x < 0)
    return { ...all, [key]: x };
  return x === 0 ? { ...all, zero: true as unknown as number, [key]: 1 } : { ...all, [x]: x };
}, {});`,
      "export const f = (xs: number[]) => xs.reduce<number[]>((all, x) => all.concat([x, x]), []);",
      "export const f = (xs: number[]) => xs.reduce<number[]>((all, x) => [...all, ...xs.slice(0, x)], []);",
    ];
    for (const source of sources) assertEquivalent(rule, source, fc.tuple(fc.array(oddNumber)));
  });

  it("keeps each choice's else where it belongs", () => {
    const nested = (body: string): string =>
      `export const f = (xs: number[]) => xs.reduce<number[]>((all, x) => ${body}, []);`;
    const bodies = [
      "x > 0 ? (x > 1 ? all : [...all, x]) : [...all, -x]",
      "x > 0 ? (x > 1 ? [...all, x] : all) : [...all, -x]",
      "x > 0 ? (x > 1 ? (x > 2 ? all : [...all, 7]) : all) : all.concat([x, x])",
      "{ if (x > 0) return x > 1 ? [...all, x] : all; else return [...all, -x]; }",
    ];
    for (const body of bodies) assertEquivalent(rule, nested(body), fc.tuple(fc.array(oddNumber)));
  });

  it("drops nothing where a key may be __proto__", () => {
    const of = (members: string): string =>
      `export const f = (words: string[]) => words.reduce<Record<string, number>>((all, word) => ({ ...all, ${members} }), {});`;
    assertLeavesAlone(rule, of("[word]: 1, total: 2"));
    assertLeavesAlone(rule, of("[word]: 1, [word + 1]: 2"));
    assertEquivalent(rule, of("total: 2, [word]: 1"), fc.tuple(fc.array(oddWord)));
    assertEquivalent(rule, of("total: word.length, [word.trim()]: 1"), fc.tuple(fc.array(oddWord)));
  });

  it("leaves alone an accumulator that something else holds", () => {
    const leaves = [
      "xs.reduce<number[]>((all, x) => [...all, x], given)",
      "xs.reduce<unknown[]>((all, x) => [...all, all], [])",
      "xs.reduce<unknown[]>((all, x) => [...all, () => all.length], [])",
      "xs.reduce<unknown[]>((all, x) => [x, ...all], [])",
      "xs.reduce<Record<string, unknown>>((all, x) => ({ [x]: x, ...all }), {})",
      "xs.reduce<Record<string, unknown>>((all, x) => ({ ...all, get size() { return x; } }), {})",
      "xs.reduce<Record<string, unknown>>((all, x) => ({ ...all, a: x, b: all['a'] }), {})",
      "xs.reduce<Record<string, unknown>>((all, x) => ({ ...all, __proto__: null }), {})",
    ];
    for (const expression of leaves) {
      assertLeavesAlone(rule, `export const f = (xs: number[], given: number[]) => ${expression};`);
    }
  });
});
