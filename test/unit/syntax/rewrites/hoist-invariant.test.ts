import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber } from "./rewriting.ts";

const rule = "hoist-invariant";
const source = `export function f(words: string[], wanted: string, sizes: number[]): string[] {
  const found: string[] = [];
  for (const word of words) {
    if (word.toLowerCase() === wanted.trim().toLowerCase() && word.length < Math.max(...sizes)) found.push(word);
  }
  return found;
}
`;
const within = (body: string): string => `interface Box { size: number; items: string[] }
export function f(words: string[], box: Box, visit: () => void): unknown {
  let text = "a";
  const out: unknown[] = [];
  for (const word of words) {
    ${body}
  }
  return [out, text];
}`;

describe(rule, () => {
  it("evaluates what is the same in each round before the loop", () => {
    assertRewrites(
      rule,
      source.replace(" && word.length < Math.max(...sizes)", "").replace("wanted.trim()", "wanted"),
      `export function f(words: string[], wanted: string, sizes: number[]): string[] {
  const found: string[] = [];
  const lowerCased = wanted.toLowerCase();
  for (const word of words) {
    if (word.toLowerCase() === lowerCased) found.push(word);
  }
  return found;
}
`,
    );
  });

  it("gives the same for no rounds and many", () => {
    const word = fc.constantFrom("a", "A", " a", "bb");
    assertEquivalent(rule, source, fc.tuple(fc.array(word), word, fc.array(oddNumber)));
  });

  it("leaves alone what the loop changes, what may throw, and what unknown code may change", () => {
    const bodies = [
      "text += word; out.push(text.toLowerCase());",
      "box.items.push(word); out.push(box.items.join());",
      "box.items = [word]; out.push(box.items.join());",
      "visit(); out.push(box.items.join());",
      "out.push(word.toLowerCase());",
      "out.push(text.repeat(box.size));",
      "out.push(JSON.stringify(box));",
      "out.push(Math.random());",
    ];
    for (const body of bodies) assertLeavesAlone(rule, within(body));
  });

  it("leaves alone a result whose identity is seen", () => {
    assertLeavesAlone(rule, within("out.push(box.items.slice());"));
    assertLeavesAlone(rule, within("const own = Object.keys(box); own.push(word); out.push(own);"));
    assertLeavesAlone(rule, within("out.push(box.items.slice().reverse());"));
  });

  it("leaves alone a result whose elements are made with it and come out of it", () => {
    for (const use of [
      "out.push(...box.items.map((one) => ({ one })));",
      "for (const one of box.items.map((text) => [text])) out.push(one);",
      "out.push(box.items.map((one) => [one])[0]);",
      "out.push(box.items.map((one) => ({ one })).filter(({ one }) => one > word)[0]);",
      "box.items.map((one) => ({ one })).forEach((one) => out.push(one));",
      "out.push(...Object.entries(box.items));",
    ]) {
      assertLeavesAlone(rule, within(use));
    }
  });

  it("shares a result whose elements were there before, are primitive, or stay inside", () => {
    const shared = (
      body: string,
    ): string => `export function f(words: string[], rows: { at: number }[]): unknown[] {
  const out: unknown[] = [];
  for (const word of words) ${body}
  return out;
}`;
    const inputs = fc.tuple(fc.array(fc.constantFrom("a", "b")), fc.array(fc.record({ at: oddNumber })));
    for (const body of [
      "out.push(...rows.filter(({ at }) => at > 0));",
      "out.push(...rows.map(({ at }) => at + 1), word);",
      "if (rows.map(({ at }) => ({ at })).length > word.length) out.push(word);",
    ]) {
      assertEquivalent(rule, shared(body), inputs);
    }
  });
});
