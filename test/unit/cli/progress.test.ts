import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainProgress } from "../../../cli/progress.ts";
import type { Note } from "../../../cli/progress.ts";
import type { Streams } from "../../../cli/output.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";

describe("progress that is piped", () => {
  it("is a line a phase, and every ten seconds of a longer one a line of what is done", async () => {
    const clock = new VirtualClock();
    const written: string[] = [];
    const stderr = { write: (text: string) => written.push(text) } as unknown as Streams["stderr"];
    const progress = plainProgress({ stdout: stderr, stderr }, clock);
    const note = (done: number, text: string | null): Note => ({
      phase: "burst",
      done,
      total: 400,
      unit: "sandboxes",
      text,
    });
    progress.phase("burst");
    progress.note(note(0, null));
    await clock.advance(9_000);
    progress.note(note(90, null));
    await clock.advance(1_000);
    progress.note(note(100, "run 101 for 1 s"));
    await clock.advance(5_000);
    progress.note(note(300, null));
    progress.phase("report");
    assert.deepEqual(written, [
      "burst …\n",
      "burst  100 of 400 sandboxes, 10/s, 30 s left, run 101 for 1 s\n",
      "report …\n",
    ]);
  });
});
