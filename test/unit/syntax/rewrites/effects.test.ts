/** What keeps the rules from moving code past a change, told through a rule that would love to. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { applied, assertLeavesAlone } from "./rewriting.ts";

const rule = "array-includes-to-set";
const inLoop = (before: string, inside: string, parameters = ""): string =>
  `export function f(values: number[]${parameters}): unknown {
  const seen: number[] = [1];
  ${before}
  for (const value of values) {
    ${inside}
    if (seen.includes(value)) return value;
  }
  return seen;
}
`;
const applies = (source: string, extension?: string): boolean =>
  applied(rule, source, extension).length === 1;

describe("code that may change an array in a loop", () => {
  it("is a closure called by its name", () => {
    assertLeavesAlone(rule, inLoop("const add = () => { seen.push(2); };", "add();"));
    assert.ok(applies(inLoop("const add = () => { values.push(2); };", "")));
  });

  it("is a closure that unknown code was given", () => {
    assertLeavesAlone(
      rule,
      inLoop("keep(() => { seen.push(2); });", "run();", ", keep: (g: () => void) => void, run: () => void"),
    );
    assertLeavesAlone(
      rule,
      inLoop(
        "keep(() => { return seen; });",
        "run();",
        ", keep: (g: () => number[]) => void, run: () => void",
      ),
    );
    assert.ok(applies(inLoop("", "run();", ", run: () => void")));
  });

  it("is a callback of any type", () => {
    assertLeavesAlone(
      rule,
      "export function f(values, seen, call) {\n  if (!Array.isArray(seen) || !Array.isArray(values)) return;\n  if (!Array.isArray(seen)) return;\n  for (const value of values) { values.forEach(call); seen.includes(value); }\n}",
      "js",
    );
  });

  it("is another name of the array", () => {
    assertLeavesAlone(rule, inLoop("const other = seen;", "other.pop();"));
    assertLeavesAlone(rule, inLoop("const other = seen.sort();", "other.pop();"));
    assertLeavesAlone(rule, inLoop("const box = { seen };", "box.seen.pop();"));
    assertLeavesAlone(rule, inLoop("const get = () => { return seen; };", "get().pop();"));
  });

  it("is an accessor, an iterator of one's own, and a constructor", () => {
    const side =
      "class Side { constructor(readonly list: number[]) { list.pop(); } get next(): number { this.list.pop(); return 1; } }\n";
    assertLeavesAlone(rule, `${side}${inLoop("const side = new Side(seen);", "void side.next;")}`);
    assertLeavesAlone(rule, `${side}${inLoop("", "new Side(seen);")}`);
    assertLeavesAlone(
      rule,
      inLoop("function* pop() { yield seen.pop(); }", "for (const one of pop()) values.push(one!);"),
    );
  });

  it("is what runs while an async callback waits", () => {
    assertLeavesAlone(
      rule,
      `export async function f(values: number[]): Promise<unknown> {
  const seen: number[] = [];
  const all = values.map(async (value) => { await null; return seen.includes(value); });
  seen.push(1);
  return Promise.all(all);
}`,
    );
  });
});
