import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { watchingRuns } from "../../../actors/command/run-watch.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { callOf } from "../../kit/services.ts";

describe("the watch of runs", () => {
  it("says every second which run is waited for and how long, and begins anew when one has ended", async () => {
    const clock = new VirtualClock();
    const said: string[] = [];
    const call = callOf({ progress: ({ done, text }) => said.push(`${done} ${text ?? "-"}`) });
    const answer = await watchingRuns(clock, call, async (watched) => {
      const told = (done: number): void => watched.progress({ done, total: 3, unit: "runs", text: null });
      told(0);
      await clock.advance(2_500);
      told(1);
      await clock.advance(1_600);
      return 7;
    });
    assert.equal(answer, 7);
    assert.deepEqual(said, ["0 -", "0 run 1 for 1 s", "0 run 1 for 2 s", "1 -", "1 run 2 for 1 s"]);
    await clock.advance(5_000);
    assert.equal(said.length, 5);
  });

  it("is silent when the work has failed", async () => {
    const clock = new VirtualClock();
    const said: unknown[] = [];
    const call = callOf({ progress: (note) => said.push(note) });
    await assert.rejects(watchingRuns(clock, call, () => Promise.reject(new Error("no"))));
    await clock.advance(5_000);
    assert.deepEqual(said, []);
  });
});
