import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites } from "./rewriting.ts";

const rule = "memoise-recursion";
const paths = `export function f(rows: number, name: string): number {
  // nothing left
  if (rows <= 0 || name === "") return 1 / rows;
  return f(rows - 1, name) + f(rows, name.slice(1));
}
`;
const one = `export function f(n: number): number {
  if (n < 2) {
    return n;
  }
  return f(n - 1) + f(n - 2);
}
`;

describe(rule, () => {
  it("remembers by a key that tells all arguments apart", () => {
    assertRewrites(
      rule,
      paths,
      `export function f(rows: number, name: string): number {
  const known = new Map<string, number>();
  const keep = (key: string, result: number): number => {
    known.set(key, result);
    return result;
  };
  const visit = (rows: number, name: string): number => {
    const key = \`\${Object.is(rows, -0) ? "-0" : rows},\${JSON.stringify(name)}\`;
    const result = known.get(key);
    if (result !== undefined) return result;
    // nothing left
    if (rows <= 0 || name === "") return keep(key, 1 / rows);
    return keep(key, visit(rows - 1, name) + visit(rows, name.slice(1)));
  };
  return visit(rows, name);
}
`,
    );
  });

  it("gives the same, with one number and with more arguments", () => {
    assertEquivalent(
      rule,
      one,
      fc.tuple(fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constantFrom(-0, 2.5, -Infinity))),
    );
    const name = fc.string({ unit: fc.constantFrom("a", ",", '"'), maxLength: 5 });
    assertEquivalent(rule, paths, fc.tuple(fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(-0, 0.5)), name));
  });

  it("leaves alone what is not pure, recurs once, or gives or takes objects", () => {
    assertLeavesAlone(rule, "let calls = 0;\n" + one.replace("if", "calls++;\n  if"));
    assertLeavesAlone(rule, one.replace(" + f(n - 2)", ""));
    assertLeavesAlone(
      rule,
      "export function f(n: number): number[] { return n < 2 ? [n] : [...f(n - 1), ...f(n - 2)]; }",
    );
    assertLeavesAlone(
      rule,
      "export function f(n: number[]): number { return n.length < 2 ? 0 : f(n.slice(1)) + f(n.slice(2)); }",
    );
    assertLeavesAlone(
      rule,
      one.replace("number): number", "number): number | undefined").replaceAll("f(n -", "+f(n -"),
    );
    assertLeavesAlone(rule, one.replace("return n;", "n = 1; return n;"));
    assertLeavesAlone(rule, one.replace("n - 1", "n - Math.random()"));
    assertLeavesAlone(rule, one.replace("return n;", "return arguments.length;"));
  });
});
