import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { threadRules } from "../../../../runtime/threads/thread-options.ts";

describe("the options of threads", () => {
  it("may be no more than their number", () => {
    assert.deepEqual(threadRules(2), threadRules({ count: 2 }));
  });

  it("are refused where they make no sense", () => {
    for (const count of [0, -1, 64, 1.5, NaN, "2", undefined]) {
      assert.throws(() => threadRules({ count: count as number }), { code: "THREADS_INVALID" });
    }
    for (const threads of [null, "2", true, []]) {
      assert.throws(() => threadRules(threads as never), { code: "THREADS_INVALID" });
    }
    for (const options of [
      { maxHeapMb: 7 },
      { maxHeapMb: "64" },
      { ringBytes: 5_000 },
      { ringBytes: 2_048 },
      { ringBytes: NaN },
      { ringBytes: "4096" },
      { hangMs: 99 },
      { hangMs: "1000" },
      { transport: "pigeon" },
    ]) {
      const threads = { count: 1, ...options } as never;
      assert.throws(() => threadRules(threads), { code: "THREADS_INVALID" }, JSON.stringify(options));
    }
  });
});
