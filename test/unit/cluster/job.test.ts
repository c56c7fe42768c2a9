import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canBecome, isOver, JOB_STATES, makeJobId, newJob, parseJobId } from "../../../cluster/jobs/job.ts";
import { isJob, isJobRequest, isQueuedJob } from "../../../cluster/jobs/job-checks.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

const REQUEST = { command: "burst", task: { id: "stairs" }, directory: "", approval: false } as const;

describe("a job", () => {
  it("goes from state to state only forwards, save that a node may give it back", () => {
    const steps = JOB_STATES.flatMap((from) =>
      JOB_STATES.filter((to) => canBecome(from, to)).map((to) => `${from} ${to}`),
    );
    assert.deepEqual(steps, [
      "pending running",
      "pending cancelled",
      "running pending",
      "running waiting",
      "running done",
      "running failed",
      "running cancelled",
      "waiting done",
      "waiting cancelled",
    ]);
    assert.deepEqual(
      JOB_STATES.filter((state) => isOver(state)),
      ["done", "failed", "cancelled"],
    );
  });

  it("has an id that sorts by time, in either case", async () => {
    const clock = new VirtualClock();
    await clock.advance(1_000);
    const first = makeJobId(clock);
    await clock.advance(1_000);
    const second = makeJobId(clock);
    assert.ok(first < second);
    assert.equal(parseJobId(first.toLowerCase()), first);
    for (const text of ["", "none", "../../etc", "*", `${first}0`]) {
      assert.throws(() => parseJobId(text), hasCode("JOB_UNKNOWN"));
    }
  });

  it("is told from anything else that a bucket or queue might hold", () => {
    const id = makeJobId(new VirtualClock());
    const job = newJob(id, REQUEST, 0);
    assert.ok(isJob(job) && isJobRequest(REQUEST) && isQueuedJob({ id, request: REQUEST }));
    for (const other of [
      null,
      [],
      {},
      { ...job, state: "happy" },
      { ...job, more: 1 },
      { ...job, id: "*" },
    ]) {
      assert.ok(!isJob(other));
    }
    for (const other of [
      null,
      { ...REQUEST, task: null },
      { ...REQUEST, command: "rm" },
      { ...REQUEST, task: {} },
    ]) {
      assert.ok(!isJobRequest(other));
      assert.ok(!isQueuedJob({ id, request: other }));
    }
  });
});
