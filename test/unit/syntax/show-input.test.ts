import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";
import { stringify } from "devalue";
import fc from "fast-check";
import { showInput } from "../../../kernels/syntax/index.ts";
import type { EncodedInput } from "../../../kernels/sandbox/index.ts";

function show(args: readonly unknown[], maxCharacters = 10_000): string {
  return showInput(stringify(args) as EncodedInput, maxCharacters);
}

describe("showing an input", () => {
  it("writes the JavaScript that would make it", () => {
    const hole = [1, 2];
    hole.length = 3;
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    assert.equal(
      show([
        [-0, NaN, 5n, undefined, null],
        { a: "x\n", "b-c": true },
        new Map([[1, new Set(["y"])]]),
        hole,
        bare,
      ]),
      String.raw`[-0, NaN, 5n, undefined, null], { a: "x\n", "b-c": true }, new Map([[1, new Set(["y"])]]), [1, 2, ,], { __proto__: null, a: 1 }`,
    );
    assert.equal(
      show([new Date(0), new Date(NaN), new Uint8Array([1, 2])]),
      `new Date("1970-01-01T00:00:00.000Z"), new Date(NaN), new Uint8Array([1, 2])`,
    );
  });

  it("evaluates to an equal value", () => {
    const value = fc.jsonValue().filter((json) => !JSON.stringify(json).includes("__proto__"));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), (args) => {
        const made = vm.runInThisContext(`[${show(args)}]`) as unknown;
        assert.deepStrictEqual(made, args);
      }),
    );
  });

  it("marks an object that occurs again, also inside itself", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    assert.equal(show([cycle]), "{ self: /* the same as object 1 */ }");
  });

  it("never passes the limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.anything({ maxDepth: 2 }).filter(isPlain)),
        fc.integer({ min: 1, max: 60 }),
        (args, limit) => {
          assert.ok(show(args, limit).length <= limit);
        },
      ),
    );
    assert.equal(show([Array.from({ length: 1_000_000 }, (_, index) => index)], 12), "[0, 1, 2, 3…");
  });
});

function isPlain(value: unknown): boolean {
  try {
    stringify(value);
    return true;
  } catch {
    return false;
  }
}
