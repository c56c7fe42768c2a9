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
});
