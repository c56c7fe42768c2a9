import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { applied, assertEquivalent, assertLeavesAlone, oddNumber, oddWord } from "./rewriting.ts";

const rule = "json-clone-to-copy";
const of = (type: string): string => `export function f(value: ${type}): unknown {
  return JSON.parse(JSON.stringify(value));
}
`;
const tree =
  "{ id: number; name?: string; rows: (number | null | undefined)[]; by: Record<string, { on: boolean }> }";

describe(rule, () => {
  it("calls a copying function that it adds to the module", () => {
    const [found] = applied(rule, of(tree));
    assert.ok(found !== undefined);
    assert.ok(
      found.source.startsWith(of(tree).replace("JSON.parse(JSON.stringify(value))", "copyJson(value)")),
    );
    assert.match(
      found.source,
      /\n\n\/\*\* .*\nfunction copyJson<Value>\(value: Value\): Value \{\n(?: {2}.*\n)+\}\n$/,
    );
  });

  it("copies what JSON keeps, as JSON keeps it", () => {
    const value = fc.record(
      {
        id: oddNumber,
        name: fc.option(oddWord, { nil: undefined }),
        rows: fc.sparseArray(fc.option(oddNumber), { maxNumElements: 4, maxLength: 6 }),
        by: fc.dictionary(oddWord, fc.record({ on: fc.boolean() })),
      },
      { requiredKeys: ["id", "rows", "by"] },
    );
    assertEquivalent(rule, of(tree), fc.tuple(value));
    assertEquivalent(
      rule,
      of("readonly [number, string] | null"),
      fc.tuple(fc.option(fc.tuple(oddNumber, oddWord))),
    );
  });

  it("copies shared objects apart and keeps __proto__ as a field", () => {
    const shared = { on: true };
    const own: unknown = JSON.parse('{ "id": 1, "rows": [], "by": { "__proto__": { "on": true } } }');
    assertEquivalent(
      rule,
      of(tree),
      fc.constantFrom([{ id: -0, rows: [], by: { a: shared, b: shared } }], [own]),
    );
  });

  it("leaves alone a value that may be missing, of which there is no text", () => {
    for (const value of [
      "rows[at]",
      "rows[at]!",
      "by[key]!",
      "by['a']!",
      "rows.at(at)!",
      "rows.find(({ id }) => id > at)!",
    ]) {
      assertLeavesAlone(
        rule,
        `export function f(rows: { id: number }[], at: number, by: Record<string, { id: number }>, key: string): unknown {
  return JSON.parse(JSON.stringify(${value}));
}`,
      );
    }
  });

  it("leaves alone what JSON treats in ways of its own, or what is not known to be data", () => {
    const leaves = [
      "any",
      "unknown",
      "Date",
      "{ at: Date }",
      "string | undefined",
      "Map<string, number>",
      "bigint",
      "symbol",
    ];
    for (const type of [...leaves, "{ toJSON(): string }", "{ run: () => void }", "object"])
      assertLeavesAlone(rule, of(type));
    assertLeavesAlone(rule, `interface Tree { rows: Tree[] }\n${of("Tree")}`);
    assertLeavesAlone(rule, of("number").replace("(value))", "(value, null, 2))"));
  });
});
