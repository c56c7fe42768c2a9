/** Jobs from submission to result over real NATS, with sessions that end as the test says. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { headers } from "@nats-io/nats-core";
import fc from "fast-check";
import { MOST_ATTEMPTS } from "../../../actors/jobs/job-runner.ts";
import { JOB_ENDPOINTS, jobSubject } from "../../../cluster/jobs/job-exchange.ts";
import { openJobStore } from "../../../cluster/jobs/job-store.ts";
import { isOver, makeJobId, type Job, type JobProgress, type JobState } from "../../../cluster/jobs/job.ts";
import { openStreamJobQueue } from "../../../cluster/jobs/stream-job-queue.ts";
import { systemClock } from "../../../runtime/contracts/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openJobsForTest, ScriptedSystem, STAIRS, untilAborted } from "../../kit/jobs.ts";
import type { JobsForTest, Session } from "../../kit/jobs.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

const BURST = { command: "burst", task: STAIRS } as const;
const RUN = { command: "run", task: STAIRS, approval: true } as const;
const PROVED = { verdict: "improved", success: true, diff: "- a\n+ b\n" } as const;
const done = (): Promise<object> => Promise.resolve({ verdict: "no_baseline", success: true });

describe("jobs", () => {
  let test: NatsForTest;
  before(async () => {
    test = await openNats();
  });
  after(() => test.close());

  const withJobs = async (use: (jobs: JobsForTest) => Promise<void>): Promise<void> => {
    const jobs = await openJobsForTest(test);
    try {
      await use(jobs);
    } finally {
      await jobs.close();
    }
  };
  const becomes = (jobs: JobsForTest, job: string, state: JobState): Promise<void> =>
    eventually(`job ${job} is ${state}`, async () => (await jobs.client.status(job)).state === state);

  it("are submitted, run, and give their result, progress on the way", () =>
    withJobs(async (jobs) => {
      const system = new ScriptedSystem("a", ({ hooks }) => {
        hooks.onPhase?.("burst");
        hooks.onProgress?.({ phase: "burst", done: 5, total: 10, unit: "sandboxes", text: null });
        hooks.onProgress?.({ phase: "burst", done: 10, total: 10, unit: "sandboxes", text: null });
        return done();
      });
      const { client } = jobs;
      await jobs.node("a", system);
      const submitted = await client.submit(BURST);
      const said: JobProgress[] = [];
      for await (const progress of client.progress(submitted.id)) said.push(progress);
      assert.equal(said.at(-1)?.state, "done");
      const job = await client.ended(submitted.id);
      assert.deepEqual(
        [job.state, job.node, job.session, job.phase, job.verdict, job.success, job.attempts],
        ["done", "a", "a-session-1", "burst", "no_baseline", true, 1],
      );
      const { document } = await client.result(job.id);
      assert.equal(document?.["schema"], "myriad.result/1");
      assert.equal(document["session"], "a-session-1");
      const [session] = system.begun;
      assert.deepEqual([session?.command, session?.task.subject.exportName], ["burst", "ways"]);
      const { request } = await client.inspect(job.id);
      assert.deepEqual(request, { command: "burst", task: STAIRS, directory: "", approval: false });
    }));

  it("are done once, however often they are submitted by the same id", () =>
    withJobs(async (jobs) => {
      const system = new ScriptedSystem("a", done);
      const { client } = jobs;
      await jobs.node("a", system);
      const id = makeJobId(systemClock);
      await Promise.all(Array.from({ length: 5 }, () => client.submit({ ...BURST, id })));
      await client.ended(id);
      assert.equal((await client.submit({ ...BURST, id })).state, "done");
      const other = { ...BURST, command: "run", id } as const;
      await assert.rejects(client.submit(other), hasCode("JOB_CONFLICT"));
      assert.equal(system.begun.length, 1);
    }));

  it("are run one at a time on a node, and by as many nodes as there are", () =>
    withJobs(async (jobs) => {
      const running = new Map<string, number>();
      let most = 0;
      const script = (node: string) => async (): Promise<object> => {
        running.set(node, (running.get(node) ?? 0) + 1);
        assert.equal(running.get(node), 1, "one at a time");
        most = Math.max(
          most,
          [...running.values()].reduce((sum, count) => sum + count, 0),
        );
        await eventually("both nodes run one", () => most === 2);
        running.set(node, 0);
        return await done();
      };
      for (const node of ["a", "b"]) await jobs.node(node, new ScriptedSystem(node, script(node)));
      const submitted = await Promise.all(Array.from({ length: 6 }, () => jobs.client.submit(BURST)));
      const ended = await Promise.all(submitted.map(({ id }) => jobs.client.ended(id)));
      assert.deepEqual([...new Set(ended.map(({ state }) => state))], ["done"]);
      assert.deepEqual([...new Set(ended.map(({ node }) => node))].toSorted(), ["a", "b"]);
    }));

  it("are listed newest first, a page at a time, by state and by command", () =>
    withJobs(async (jobs) => {
      await jobs.node("a", new ScriptedSystem("a", ({ signal }) => untilAborted({ signal })));
      const { client } = jobs;
      const ids: string[] = [];
      for (const command of ["run", "burst", "burst", "compare", "burst"] as const) {
        const candidate = command === "compare" ? { candidate: "stairs.ts#ways" } : {};
        ids.push((await client.submit({ command, task: { ...STAIRS, ...candidate } })).id);
      }
      await becomes(jobs, ids[0]!, "running");
      const listed = async (query: object): Promise<readonly string[]> =>
        (await client.list(query)).jobs.map(({ id }) => id);
      await eventually("all are listed", async () => (await listed({})).length === 5);
      assert.deepEqual(await listed({}), ids.toReversed());
      assert.deepEqual(await listed({ state: "running" }), [ids[0]]);
      assert.deepEqual(await listed({ command: "burst", state: "pending" }), [ids[4], ids[2], ids[1]]);
      const first = await client.list({ limit: 3 });
      assert.equal(first.next, ids[2]);
      const rest = await client.list({ limit: 3, before: first.next });
      assert.deepEqual([rest.jobs.map(({ id }) => id), rest.next], [[ids[1], ids[0]], null]);
    }));

  it("that are pending, running or waiting can be cancelled; those that ended cannot", () =>
    withJobs(async (jobs) => {
      const system = new ScriptedSystem("a", (session) =>
        session.command === "burst" ? untilAborted(session) : Promise.resolve(PROVED),
      );
      await jobs.node("a", system);
      const { client } = jobs;
      const running = await client.submit(BURST);
      const pending = await client.submit(BURST);
      await becomes(jobs, running.id, "running");
      await assert.rejects(client.result(running.id), hasCode("JOB_NOT_ENDED"));
      assert.equal((await client.cancel(pending.id)).state, "cancelled");
      assert.equal((await client.cancel(running.id)).isCancelAsked, true);
      assert.equal((await client.ended(running.id)).state, "cancelled");
      assert.equal((await client.cancel(running.id)).state, "cancelled");
      const { job, document } = await client.result(running.id);
      assert.deepEqual([job.state, document], ["cancelled", null]);

      const waiting = await client.submit(RUN);
      assert.equal((await client.ended(waiting.id)).state, "waiting");
      assert.equal((await client.cancel(waiting.id)).state, "cancelled");
      await assert.rejects(client.approve(waiting.id), hasCode("JOB_NOT_WAITING"));
      const ended = await client.submit({ ...RUN, approval: false });
      assert.equal((await client.ended(ended.id)).state, "done");
      await assert.rejects(client.cancel(ended.id), hasCode("JOB_ENDED"));
      assert.deepEqual(system.applied, []);
      assert.equal(system.begun.length, 3, "what was cancelled while it was pending was never begun");
    }));

  it("wait for an approval where it was asked for, and any node passes it on to the one that ran them", () =>
    withJobs(async (jobs) => {
      const a = new ScriptedSystem("a", () => Promise.resolve(PROVED));
      const b = new ScriptedSystem("b", () => Promise.resolve(PROVED));
      const nodes = [await jobs.node("a", a), await jobs.node("b", b)];
      const { client } = jobs;
      for (let round = 0; round < 6; round++) {
        const { id } = await client.submit(RUN);
        const waiting = await client.ended(id);
        assert.deepEqual([waiting.state, waiting.approval], ["waiting", "needed"]);
        assert.equal((await client.result(id)).document?.["diff"], PROVED.diff);
        const approved = await client.approve(id);
        assert.deepEqual(
          [approved.state, approved.approval, approved.baseline],
          ["done", "given", "stairs@2"],
        );
        assert.equal((await client.approve(id)).state, "done", "said twice is done once");
        const system = approved.node === "a" ? a : b;
        assert.equal(system.applied.at(-1), approved.session);
      }
      assert.equal(a.applied.length + b.applied.length, 6);

      const { id } = await client.submit(RUN);
      const { node } = await client.ended(id);
      await nodes[node === "a" ? 0 : 1]!.close();
      await assert.rejects(client.approve(id), hasCode("JOB_NODE_AWAY"));
      assert.deepEqual((await client.status(id)).state, "waiting");
    }));

  it("that cannot be run fail by a code, and the next one is run", () =>
    withJobs(async (jobs) => {
      const system = new ScriptedSystem("a", ({ task }) =>
        task.id === "broken" ? Promise.reject(new Error("the disk burns")) : done(),
      );
      await jobs.node("a", system);
      const { client } = jobs;
      const codeOf = async (task: object, more: object = {}): Promise<string | undefined> => {
        const { id } = await client.submit({ ...BURST, task: { ...STAIRS, ...task }, ...more });
        const { state, error } = await client.ended(id);
        assert.equal(state, "failed");
        assert.equal((await client.result(id)).document, null);
        return error?.code;
      };
      assert.equal(await codeOf({ subject: "../elsewhere.ts#f" }), "JOB_PATH_REFUSED");
      assert.equal(await codeOf({}, { directory: ".." }), "JOB_PATH_REFUSED");
      assert.equal(
        await codeOf({ subject: { command: "cat /etc/passwd" }, examples: undefined }),
        "JOB_COMMAND_REFUSED",
      );
      assert.equal(await codeOf({ id: "broken" }), "UNEXPECTED");
      assert.equal(await codeOf({}, { command: "compare" }), "TASK_INVALID");
      assert.equal((await client.ended((await client.submit(BURST)).id)).state, "done");
      await assert.rejects(client.submit({ ...BURST, task: { id: "x" } }), hasCode("REQUEST_INVALID"));
      await assert.rejects(
        client.submit({ ...BURST, task: { ...STAIRS, runs: 1 } }),
        hasCode("REQUEST_INVALID"),
      );
      await assert.rejects(client.status("nothing"), hasCode("JOB_UNKNOWN"));
      await assert.rejects(client.status(makeJobId(systemClock)), hasCode("JOB_UNKNOWN"));
    }));

  it("of a node that stops in order go on elsewhere, and that counts as no failure", () =>
    withJobs(async (jobs) => {
      const first = new ScriptedSystem("a", untilAborted);
      const a = await jobs.node("a", first);
      const { id } = await jobs.client.submit(BURST);
      await eventually("it is begun", () => first.begun.length === 1);
      await a.close();
      assert.deepEqual([first.begun[0]?.signal.aborted], [true]);
      await jobs.node("b", new ScriptedSystem("b", done));
      const { state, node, attempts, releases } = await jobs.client.ended(id);
      assert.deepEqual([state, node, attempts, releases], ["done", "b", 2, 1]);
    }));

  it("of the same state directory go on where they were", () =>
    withJobs(async (jobs) => {
      let isFirst = true;
      const system = new ScriptedSystem("a", (session) => {
        if (!isFirst) return done();
        isFirst = false;
        return untilAborted(session);
      });
      const node = await jobs.node("a", system);
      const { id } = await jobs.client.submit(BURST);
      await eventually("its session is told", async () => (await jobs.client.status(id)).session !== null);
      await node.close();
      await jobs.node("a", system);
      const { state, session } = await jobs.client.ended(id);
      assert.deepEqual([state, session], ["done", "a-session-1"]);
      assert.deepEqual(
        system.begun.map(({ resumed }) => resumed),
        [false, true],
      );
    }));

  it("have one result though the node that was thought dead comes back with another", () =>
    withJobs(async (jobs) => {
      const held: (() => void)[] = [];
      const slow = new ScriptedSystem("a", async () => {
        await new Promise<void>((resolve) => held.push(resolve));
        return { verdict: "regressed", success: false };
      });
      // Renews its hold too late, as a frozen process does.
      const frozen = {
        ...systemClock,
        schedule: (ms: number, action: () => void) => systemClock.schedule(ms === 200 ? 1e6 : ms, action),
      };
      await jobs.node("a", slow, { lostMs: 600, clock: frozen });
      const { id } = await jobs.client.submit(BURST);
      await eventually("a runs it", () => held.length === 1);
      await jobs.node("b", new ScriptedSystem("b", done), { lostMs: 600 });
      const ended = await jobs.client.ended(id);
      assert.deepEqual([ended.node, ended.verdict, ended.attempts], ["b", "no_baseline", 2]);
      for (const release of held) release();
      await eventually("a is done with it", async () => (await jobs.client.node("a")).job === null);
      assert.deepEqual(await jobs.client.status(id), ended);
      const { document } = await jobs.client.result(id);
      assert.equal(document?.["session"], "b-session-1");
    }));

  it("that end every node that takes them up are given up", () =>
    withJobs(async (jobs) => {
      const nats = await test.connect();
      const store = await openJobStore(nats, jobs.subjects);
      const id = makeJobId(systemClock);
      const request = { command: "burst", task: STAIRS, directory: "", approval: false } as const;
      await store.ensure(id, request);
      // As so many nodes leave it that die.
      for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
        await store.change(id, () => ({ state: "running", node: "dead", attempts: attempt }));
      }
      const queue = await openStreamJobQueue(nats, jobs.subjects);
      await queue.enqueue({ id, request });
      const system = new ScriptedSystem("a", done);
      await jobs.node("a", system);
      const { state, error } = await jobs.client.ended(id);
      assert.deepEqual([state, error?.code, system.begun.length], ["failed", "JOB_GAVE_UP", 0]);
      store.close();
    }));

  it("are found ended by whoever takes up one whose result is there already", () =>
    withJobs(async (jobs) => {
      const nats = await test.connect();
      const store = await openJobStore(nats, jobs.subjects);
      const id = makeJobId(systemClock);
      const request = { command: "burst", task: STAIRS, directory: "", approval: false } as const;
      await store.ensure(id, request);
      await store.change(id, () => ({ state: "running", node: "dead", attempts: 1 }));
      const document = {
        command: "burst",
        session: "s",
        verdict: "improved",
        success: true,
        error: null,
        diff: null,
      };
      assert.deepEqual(await store.keepResult(id, document), document);
      assert.deepEqual(await store.keepResult(id, { ...document, verdict: "regressed" }), document);
      await (await openStreamJobQueue(nats, jobs.subjects)).enqueue({ id, request });
      const system = new ScriptedSystem("a", done);
      await jobs.node("a", system);
      const job = await jobs.client.ended(id);
      assert.deepEqual([job.state, job.verdict, system.begun.length], ["done", "improved", 0]);
      store.close();
    }));

  it("change by compare-and-set: of many at once none is lost, and no state follows that may not", () =>
    withJobs(async (jobs) => {
      const store = await openJobStore(await test.connect(), jobs.subjects);
      const id = makeJobId(systemClock);
      await store.ensure(id, { command: "burst", task: STAIRS, directory: "", approval: false });
      const seen: Job[] = [];
      const unwatch = store.watch(id, (job) => seen.push(job));
      await Promise.all(
        Array.from({ length: 8 }, () => store.change(id, ({ releases }) => ({ releases: releases + 1 }))),
      );
      assert.equal((await store.get(id)).releases, 8);
      await eventually("all is told", () => seen.at(-1)?.releases === 8);
      unwatch();
      await assert.rejects(
        store.change(id, () => ({ state: "done" })),
        hasCode("JOB_ENDED"),
      );
      await store.change(id, () => ({ state: "cancelled" }));
      await assert.rejects(
        store.change(id, () => ({ state: "running" })),
        hasCode("JOB_ENDED"),
      );
      assert.ok(isOver((await store.get(id)).state));
      store.close();
    }));

  it("tell a reader that comes late how they stand, and end for it", () =>
    withJobs(async (jobs) => {
      await jobs.node("a", new ScriptedSystem("a", done));
      const { id } = await jobs.client.submit(BURST);
      await jobs.client.ended(id);
      const said: Session["session"][] = [];
      for await (const { state } of jobs.client.progress(id)) said.push(state);
      assert.deepEqual(said, ["done"]);
    }));

  it("are answered by a code, never by a fault of the node, whatever is asked", () =>
    withJobs(async (jobs) => {
      await jobs.node("a", new ScriptedSystem("a", done));
      const { connection } = await test.connect();
      const faults: string[] = [];
      const field = fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.constantFrom("burst", "01JD8Q4ZK3M5T7V9X1B3D5F7H9", STAIRS),
      );
      const names = fc.constantFrom(
        "job",
        "command",
        "task",
        "directory",
        "approval",
        "id",
        "state",
        "limit",
        "before",
      );
      const body = fc.oneof(
        fc.dictionary(names, field, { maxKeys: 5 }).map((value) => JSON.stringify(value)),
        fc.string({ maxLength: 50 }),
        fc.uint8Array({ maxLength: 50 }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...JOB_ENDPOINTS),
          body,
          fc.boolean(),
          async (name, data, packed) => {
            const given = headers();
            if (packed) given.set("Content-Type", "application/msgpack");
            const subject = jobSubject(jobs.subjects, name);
            const reply = await connection.request(subject, data, { timeout: 60_000, headers: given });
            const status = reply.headers?.get("Nats-Service-Error-Code") ?? "";
            if (status !== "" && !/^4\d\d$/.test(status)) faults.push(`${name} ${status} ${reply.string()}`);
          },
        ),
        { numRuns: 500 },
      );
      assert.deepEqual(faults, []);
      assert.equal((await jobs.client.ended((await jobs.client.submit(BURST)).id)).state, "done");
    }));
});
