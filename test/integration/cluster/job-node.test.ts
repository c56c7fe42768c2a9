/** Jobs on `myriad node` as it is: real sessions in real sandboxes, nodes that are killed with SIGKILL. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { connectClient, type MyriadClient } from "../../../cluster/client/index.ts";
import { inProject, readSchema, startMyriad, type Running } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";
import { assertWhole, forksKept } from "../../kit/session-files.ts";

const STAIRS = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[16], [17], [18], [19], [20], [21], [21], [20], [19]],
  seed: 7,
  allowNoise: true,
};

describe("myriad node with --jobs", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  let test: NatsForTest;
  let count = 0;
  before(async () => {
    test = await openNats();
  });
  after(() => test.close());

  interface Cluster {
    readonly cwd: string;
    readonly name: string;
    readonly client: MyriadClient;
    readonly node: (name: string) => Promise<Running>;
  }

  const inCluster = (use: (cluster: Cluster) => Promise<void>): Promise<void> =>
    inProject({}, async (cwd) => {
      const name = `job-node-${++count}`;
      const client = await connectClient({ servers: [test.server.url], cluster: name, timeoutMs: 60_000 });
      const running: Running[] = [];
      const args = [
        "node",
        "--nats",
        test.server.url,
        "--cluster",
        name,
        "--jobs",
        ".",
        "--health-port",
        "0",
      ];
      try {
        await use({
          cwd,
          name,
          client,
          async node(node) {
            const env = { MYRIAD_NODE_JOBS_LOST_MS: "1000" };
            const one = startMyriad([...args, "--name", node], { cwd, env });
            running.push(one);
            await one.said(/"message":"ready"/);
            return one;
          },
        });
      } finally {
        await client.close();
        for (const { child } of running) child.kill("SIGTERM");
        await Promise.all(running.map(({ ended }) => ended));
      }
    });

  const kill = async ({ child, ended }: Running): Promise<void> => {
    const below = descendantsOf(child.pid!);
    child.kill("SIGKILL");
    await ended;
    await allGone(below);
  };

  it("runs a job to a document of the shipped schema, and writes its change when it is approved", () =>
    inCluster(async ({ cwd, client, node }) => {
      await node("a");
      const before = readFileSync(join(cwd, "stairs.ts"), "utf8");
      // What is counted needs few sandboxes.
      const task = { ...STAIRS, level: "realm", runs: 40 };
      const { id } = await client.submit({ command: "run", task, approval: true });
      const phases = new Set<string | null>();
      for await (const { phase } of client.progress(id)) phases.add(phase);
      for (const phase of ["generate", "equivalence", "burst"])
        assert.ok(phases.has(phase), [...phases].join());
      const { job, document } = await client.result(id);
      assert.deepEqual([job.state, job.verdict], ["waiting", "improved"], JSON.stringify(document));
      assert.ok(new Ajv2020({ strict: true }).compile(readSchema("result"))(document));
      assert.equal(readFileSync(join(cwd, "stairs.ts"), "utf8"), before);
      const approved = await client.approve(id);
      assert.deepEqual([approved.state, approved.baseline], ["done", "stairs@2"]);
      assert.notEqual(readFileSync(join(cwd, "stairs.ts"), "utf8"), before);
    }));

  it("that is killed goes on where it was when it is back, with nothing done twice, to one result", () =>
    inCluster(async ({ cwd, client, node }) => {
      const first = await node("a");
      const { id } = await client.submit({ command: "burst", task: { ...STAIRS, runs: 40 } });
      const state = join(cwd, ".myriad", "jobs", "a");
      await eventually("some forks are kept", () => forksKept(state) >= 3);
      await kill(first);
      const second = await node("a");
      const { session } = await client.status(id);
      const job = await client.ended(id);
      assert.deepEqual([job.state, job.session, job.attempts], ["done", session, 2]);
      const { document } = await client.result(id);
      assert.deepEqual([document?.["session"], document?.["error"]], [session, null]);
      second.child.kill("SIGTERM");
      assert.equal((await second.ended).code, 0);
      const phases = ["prepare", "burst", "baseline", "report"];
      const plan = { caseId: "stairs", phases, versions: ["candidate"], forks: 20, iterations: 2 };
      await assertWhole(state, session!, plan);
    }));

  it("that is killed leaves its job to another node", () =>
    inCluster(async ({ client, node }) => {
      const first = await node("a");
      const task = { ...STAIRS, level: "realm", runs: 40 };
      const { id } = await client.submit({ command: "burst", task });
      await eventually("it is begun", async () => (await client.status(id)).session !== null);
      await kill(first);
      await node("b");
      const job = await client.ended(id);
      assert.deepEqual([job.state, job.node, job.attempts], ["done", "b", 2]);
      assert.equal((await client.result(id)).document?.["session"], job.session);
    }));
});
