import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checksOf, errorsOf, hasMethods, shown } from "../../../../runtime/contracts/index.ts";

const check: ReturnType<typeof checksOf<"SIZE_INVALID">> = checksOf(
  errorsOf({ SIZE_INVALID: { fault: "internal", meaning: "no size", hint: "Give a size." } }),
);

describe("a check", () => {
  it("lets pass what holds, and else says with the code what was expected and what came", () => {
    check(true, "SIZE_INVALID", "size is a number", 5);
    assert.throws(() => check(false, "SIZE_INVALID", "size is a number", "5"), {
      code: "SIZE_INVALID",
      message: 'size is a number, not "5"',
      hint: "Give a size.",
    });
  });

  it("shows numbers as they are, data as JSON, and no more than is readable", () => {
    assert.equal(shown(NaN), "NaN");
    assert.equal(shown(-1n), "-1");
    assert.equal(shown(undefined), "undefined");
    assert.equal(shown({ capacity: "7" }), '{"capacity":"7"}');
    assert.equal(shown(shown), "a function");
    assert.ok(shown("x".repeat(1_000)).length <= 200);
  });

  it("shows whatever was given without throwing", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const hostile = {
      toJSON(): never {
        throw new Error("no");
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const given of [cycle, hostile, proxy, { of: 5n }, Symbol("s"), { toJSON: () => undefined }])
      assert.equal(typeof shown(given), "string");
    fc.assert(fc.property(fc.anything(), (given) => typeof shown(given) === "string"));
  });

  it("finds the methods of anything that has them, and of nothing else", () => {
    assert.ok(hasMethods(new Map(), "get", "set"));
    assert.ok(!hasMethods({ get: 5 }, "get"));
    for (const given of [null, undefined, 5, "text"]) assert.ok(!hasMethods(given, "toString"));
  });
});
