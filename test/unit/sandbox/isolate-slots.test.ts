import assert from "node:assert/strict";
import { it } from "node:test";
import { Slots } from "../../../kernels/sandbox/isolate-slots.ts";

interface Gate {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function gateOf(): Gate {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}

it("so many at a time, in the order they came, and failures give their slot back", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const gates = Array.from({ length: 5 }, () => gateOf());
  let atOnce = 0;
  let most = 0;
  const all = gates.map((gate, index) =>
    slots
      .with(async () => {
        order.push(index);
        most = Math.max(most, ++atOnce);
        await gate.promise;
        atOnce--;
        if (index === 1) throw new Error("one fails");
      })
      .catch((thrown: unknown) => thrown),
  );
  for (const gate of gates) {
    gate.resolve();
    await gate.promise;
  }
  await Promise.all(all);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.equal(most, 2);
});
