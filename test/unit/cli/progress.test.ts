import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { plainProgress, terminalProgress } from "../../../cli/progress.ts";
import type { Note, Progress } from "../../../cli/progress.ts";
import type { Streams } from "../../../cli/output.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";

function written(make: (streams: Streams, clock: VirtualClock) => Progress) {
  const said: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said.push(chunk.toString("utf8"));
      done();
    },
  });
  const clock = new VirtualClock();
  return { said, clock, progress: make({ stdout: stream, stderr: stream }, clock) };
}

const calibrated = (done: number): Note => ({
  phase: "calibrate",
  done,
  total: 5_000,
  unit: "tasks",
  text: null,
});

describe("progress in a log", () => {
  it("is a line a phase, and one every ten seconds of a phase that lasts", async () => {
    const { said, clock, progress } = written(plainProgress);
    progress.phase("calibrate");
    progress.note(calibrated(0));
    for (let done = 1; done <= 40; done++) {
      await clock.advance(500);
      progress.note(calibrated(done));
    }
    assert.deepEqual(said, [
      "calibrate …\n",
      "calibrate  20 of 5,000 tasks, 2/s, 2490 s left\n",
      "calibrate  40 of 5,000 tasks, 2/s, 2480 s left\n",
    ]);
    progress.phase("measure");
    progress.note({ ...calibrated(1), phase: "measure" });
    assert.deepEqual(said.slice(3), ["measure …\n"]);
  });
});

describe("progress on a terminal", () => {
  it("is one line that is drawn over ten times a second, and at the end of a phase", async () => {
    const { said, clock, progress } = written(terminalProgress);
    progress.phase("calibrate");
    for (const done of [1, 2, 5_000]) {
      progress.note(calibrated(done));
      await clock.advance(10);
    }
    assert.deepEqual(
      said.map((text) => text.slice(5)),
      ["calibrate …", "calibrate  1 of 5,000 tasks", "calibrate  5,000 of 5,000 tasks, 249,950/s, 0 s left"],
    );
  });
});
