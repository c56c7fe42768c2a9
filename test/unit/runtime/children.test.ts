import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Children } from "../../../runtime/children.ts";
import type { Child } from "../../../runtime/family.ts";

function child(name: string): Child {
  return { name, siblingBefore: null, siblingAfter: null, isListed: false } as unknown as Child;
}

describe("an actor's children", () => {
  it("are what a table in the order of spawning would hold, whenever names are first asked for", () => {
    const deed = fc.record({
      kind: fc.constantFrom("add", "delete", "replace", "get"),
      name: fc.constantFrom("a", "b", "c", "d", "e"),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const children = new Children();
        const model = new Map<string, Child>();
        for (const { kind, name } of deeds) {
          const known = model.get(name);
          if (kind === "get") assert.equal(children.get(name), known);
          else if (kind === "add" && known === undefined) {
            const added = child(name);
            children.add(added);
            model.set(name, added);
          } else if (kind === "delete" && known !== undefined) {
            children.delete(known);
            model.delete(name);
            assert.equal(known.isListed, false);
            children.delete(known);
          } else if (kind === "replace" && known !== undefined) {
            const other = child(name);
            children.replace(known, other);
            model.set(name, other);
          }
          assert.deepEqual(
            children.list().map((one) => [...model.values()].indexOf(one)),
            [...model.values()].map((_, index) => index),
          );
        }
        for (const name of ["a", "b", "c", "d", "e"]) assert.equal(children.get(name), model.get(name));
      }),
    );
  });
});
