import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "devalue";
import fc from "fast-check";
import { canonical } from "../../../kernels/sandbox/inside/canonical.ts";
import { decodeInput, encodeInput } from "../../../kernels/sandbox/inside/codec.ts";
import { inputCopier } from "../../../kernels/sandbox/inside/copy-input.ts";
import type { EncodedInput } from "../../../kernels/sandbox/protocol.ts";

const text = (value: unknown): string => canonical("returned", value, null).text;
const encoded = (args: readonly unknown[]): EncodedInput => stringify(args) as EncodedInput;

/** Whether two graphs share any object. */
function shares(left: unknown, right: unknown): boolean {
  const met = new Set<unknown>();
  const walk = (value: unknown, visit: (object: object) => boolean): boolean => {
    if (typeof value !== "object" || value === null || met.has(value)) return false;
    return visit(value) || Object.values(value).some((inner) => walk(inner, visit));
  };
  const all: object[] = [];
  walk(left, (object) => {
    met.add(object);
    all.push(object);
    return false;
  });
  met.clear();
  const own = new Set<unknown>(all);
  return walk(right, (object) => {
    met.add(object);
    return own.has(object);
  });
}

const jsonLike = fc.array(fc.jsonValue({ maxDepth: 5 }));
const anything = fc.array(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true }),
);
/** Whatever can be written: what cannot, such as an own `__proto__`, is refused before it comes here. */
const writable = fc.oneof(jsonLike, anything).filter((args) => "encoded" in encodeInput(args));

describe("a copied input", () => {
  it("is the same graph as the decoded one, whatever the input is", () => {
    fc.assert(
      fc.property(writable, (args) => {
        const input = encoded(args);
        const copy = inputCopier(input);
        const expected = text(decodeInput(input));
        assert.equal(text(copy()), expected);
        assert.equal(text(copy()), expected);
      }),
      { numRuns: 500 },
    );
  });

  it("shares nothing with the next one, so that a call may change it", () => {
    fc.assert(
      fc.property(writable, (args) => {
        const copy = inputCopier(encoded(args));
        assert.equal(shares(copy(), copy()), false);
      }),
    );
  });

  it("keeps aliasing, circles, holes and deep nesting", () => {
    const shared = { id: 1 };
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let depth = 0; depth < 1_000; depth++) deep = [deep];
    const holed: unknown[] = [1];
    holed[2] = 3;
    for (const args of [[shared, [shared]], [circle], [deep], [holed], [{ __proto__: null, a: 1 }]]) {
      const input = encoded(args);
      assert.equal(text(inputCopier(input)()), text(decodeInput(input)));
    }
  });
});
