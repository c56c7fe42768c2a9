import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Waits } from "../../../cluster/node/waits.ts";

describe("the waits before something is started again", () => {
  it("double up to thirty seconds, and begin anew when it has lasted a minute", () => {
    const waits = new Waits();
    const lives = [0, 10, 59_999, 1_000, 0, 0, 0, 0, 60_000, 0];
    assert.deepEqual(
      lives.map((lastedMs) => waits.afterLife(lastedMs)),
      [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 500, 1_000],
    );
  });
});
