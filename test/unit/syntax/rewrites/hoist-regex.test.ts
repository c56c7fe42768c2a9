import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites } from "./rewriting.ts";

const rule = "hoist-regex";
const source = (use: string): string => `export function f(lines: string[]): unknown[] {
  const out: unknown[] = [];
  for (const line of lines) {
    out.push(${use});
  }
  return out;
}
`;

describe(rule, () => {
  it("makes the pattern before the loop", () => {
    assertRewrites(
      rule,
      source('line.replace(new RegExp("[ab]+", "g"), "-")'),
      `export function f(lines: string[]): unknown[] {
  const out: unknown[] = [];
  const pattern = new RegExp("[ab]+", "g");
  for (const line of lines) {
    out.push(line.replace(pattern, "-"));
  }
  return out;
}
`,
    );
  });

  it("gives the same through every method it is used by", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " ") });
    const uses = [
      'line.replace(new RegExp("a", "g"), (all) => all + all)',
      'line.match(new RegExp("(a)(b)?", "g"))',
      'line.match(new RegExp("(a)(b)?"))',
      'line.split(new RegExp("b"))',
      'line.search(new RegExp("c", "i"))',
      'new RegExp("ab").test(line)',
      'new RegExp("a(b)").exec(line)',
    ];
    for (const use of uses) assertEquivalent(rule, source(use), fc.tuple(fc.array(text)));
  });

  it("leaves alone sticky and global ones that keep a position, invalid ones, and ones that are kept", () => {
    const uses = [
      'new RegExp("a", "g").test(line)',
      'new RegExp("a", "y").test(line)',
      'line.replace(new RegExp("a", "y"), "")',
      'line.search(new RegExp("a", "g"))',
      'new RegExp("(").test(line)',
      "new RegExp(line).test(line)",
      'new RegExp("a")',
    ];
    for (const use of uses) assertLeavesAlone(rule, source(use));
  });
});
