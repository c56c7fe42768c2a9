/** Jobs while their NATS servers are killed: nothing acknowledged is lost, and nothing is done to two results. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsServer } from "../../../cluster/index.ts";
import { JOB_STREAM } from "../../../cluster/jobs/stream-job-queue.ts";
import { eventually } from "../../kit/eventually.ts";
import { openJobsForTest, ScriptedSystem, STAIRS, untilAborted } from "../../kit/jobs.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

const BURST = { command: "burst", task: STAIRS } as const;
const done = (): Promise<object> => Promise.resolve({ verdict: "no_baseline", success: true });

/** Which of the servers the stream is led by. */
async function leaderOf(test: NatsForTest, stream: string): Promise<NatsServer> {
  const { connection } = await test.connect();
  const manager = await jetstreamManager(connection);
  const { cluster } = await manager.streams.info(stream);
  return test.servers.find(({ name }) => name === cluster?.leader)!;
}

describe("jobs whose servers die", () => {
  it("can still be cancelled and followed when the only server is back, and the next ones are run", async () => {
    const test = await openNats();
    const jobs = await openJobsForTest(test);
    try {
      const system = new ScriptedSystem("a", (session) =>
        session.task.id === "long" ? untilAborted(session) : done(),
      );
      await jobs.node("a", system);
      const long = await jobs.client.submit({ ...BURST, task: { ...STAIRS, id: "long" } });
      await eventually("it is begun", () => system.begun.length === 1);
      const followed = jobs.client.ended(long.id);
      await test.server.stop("SIGKILL");
      await test.server.start();
      assert.equal((await jobs.client.status(long.id)).state, "running");
      await jobs.client.cancel(long.id);
      assert.equal((await followed).state, "cancelled");
      assert.equal(system.begun[0]?.signal.aborted, true);
      const next = await jobs.client.submit(BURST);
      assert.equal((await jobs.client.ended(next.id)).state, "done");
      const { jobs: listed } = await jobs.client.list();
      assert.deepEqual(
        listed.map(({ id }) => id),
        [next.id, long.id],
      );
    } finally {
      await jobs.close();
      await test.close();
    }
  });

  it("that were acknowledged are all done, each once, though the server that leads them is killed", async () => {
    const test = await openNats(3);
    const jobs = await openJobsForTest(test);
    try {
      const begun = new Map<string, number>();
      const script = ({ task }: { readonly task: { readonly id: string } }): Promise<object> => {
        begun.set(task.id, (begun.get(task.id) ?? 0) + 1);
        return done();
      };
      for (const node of ["a", "b"]) {
        await jobs.node(node, new ScriptedSystem(node, script), { replicas: 3, lostMs: 2_000 });
      }
      const submit = async (number: number): Promise<string> => {
        const task = { ...STAIRS, id: `job-${number}` };
        return (await jobs.client.submit({ ...BURST, task })).id;
      };
      const before = await submit(0);
      const leader = await leaderOf(test, jobs.subjects.stream(JOB_STREAM));
      const submitting = Array.from({ length: 9 }, (_, number) => submit(number + 1));
      await leader.stop("SIGKILL");
      const acknowledged = [before, ...(await Promise.all(submitting))];
      const ended = await Promise.all(acknowledged.map((id) => jobs.client.ended(id)));
      assert.equal(ended.length, 10);
      for (const { state, session, id } of ended) {
        assert.equal(state, "done");
        assert.equal((await jobs.client.result(id)).document?.["session"], session);
      }
      assert.equal(begun.size, 10);
    } finally {
      await jobs.close();
      await test.close();
    }
  });
});
