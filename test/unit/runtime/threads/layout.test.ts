import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileLayout, type FieldType, type Layout } from "../../../../runtime/threads/layout.ts";
import { ringMemory, RingView } from "../../../../runtime/threads/ring.ts";

const ring = new RingView(ringMemory(65_536, false));
const VALUES: Readonly<Record<Exclude<FieldType, "reply">, fc.Arbitrary<unknown>>> = {
  f64: fc.double(),
  i32: fc.integer(),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  bool: fc.boolean(),
  string: fc.string({ unit: "binary", maxLength: 200 }),
};
const names = fc.string({ maxLength: 20 }).filter((name) => name !== "kind" && name !== "__proto__");
const types = fc.constantFrom(...(Object.keys(VALUES) as (keyof typeof VALUES)[]));

describe("a layout", () => {
  it("gives back any message that fits it, within its bound", () => {
    const cases = fc.dictionary(names, types, { maxKeys: 12 }).chain((layout) =>
      fc.record({
        layout: fc.constant(layout as Layout),
        message: fc.record(
          Object.fromEntries(Object.entries(layout).map(([name, type]) => [name, VALUES[type]])),
        ),
      }),
    );
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 7 }), ({ layout, message }, offset) => {
        const codec = compileLayout('it\'s a "kind"\n', layout);
        const sent = { kind: codec.kind, ...message };
        const written = codec.write(sent, ring, offset);
        assert.ok(written >= 0 && written <= codec.bound(sent));
        assert.deepStrictEqual(codec.read(ring, offset, null), sent);
      }),
    );
  });

  it("refuses a message that does not fit, so that it goes another way and loses nothing", () => {
    const codec = compileLayout("point", { x: "f64", n: "i32", size: "u32", on: "bool", name: "string" });
    const good = { kind: "point", x: 1.5, n: -3, size: 3, on: true, name: "a" };
    assert.ok(codec.write(good, ring, 0) > 0);
    const bad = [
      { ...good, x: "1.5" },
      { ...good, n: 1.5 },
      { ...good, n: -0 },
      { ...good, n: 2 ** 31 },
      { ...good, size: -1 },
      { ...good, on: 1 },
      { ...good, name: undefined },
      { ...good, more: 1 },
      { kind: "point", x: 1.5, n: -3, size: 3, on: true },
    ];
    for (const message of bad) assert.equal(codec.write(message, ring, 0), -1, JSON.stringify(message));
  });

  it("puts the reply of the ask in its place", () => {
    const codec = compileLayout("get", { reply: "reply", id: "u32" });
    const reply = { send: () => undefined };
    const written = codec.write({ kind: "get", reply, id: 9 }, ring, 8);
    assert.equal(written, 4);
    assert.deepEqual(codec.read(ring, 8, reply), { kind: "get", reply, id: 9 });
  });

  it("refuses field types that it does not know, and the names that it cannot use", () => {
    for (const layout of [
      { x: "int" },
      { kind: "string" },
      { x: undefined },
      JSON.parse('{"__proto__":"f64"}'),
    ]) {
      assert.throws(() => compileLayout("k", layout as Layout), { code: "ACTOR_TYPE_INVALID" });
    }
  });
});
