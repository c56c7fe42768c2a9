/** `myriad up`: a cluster on this machine, which leaves nothing behind. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { connectNats, natsTransport, Subjects } from "../../../cluster/index.ts";
import { createSystem, type ActorRef } from "../../../runtime/index.ts";
import { myriad, startMyriad, type Running } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { app, type WorkMessage } from "../../kit/node-app.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";

const APP = fileURLToPath(new URL("../../kit/node-app.js", import.meta.url));

interface Up {
  readonly command: string;
  readonly readyMs: number;
  readonly nats: readonly string[];
  readonly servers: readonly { readonly name: string; readonly pid: number }[];
  readonly nodes: readonly { readonly name: string; readonly pid: number; readonly health: string }[];
}

describe("myriad up", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  let cwd = "";
  before(() => (cwd = mkdtempSync(join(tmpdir(), "myriad-up-"))));
  after(() => rmSync(cwd, { recursive: true, force: true, maxRetries: 5 }));

  async function up(
    ...more: readonly string[]
  ): Promise<{ readonly running: Running; readonly document: Up }> {
    const running = startMyriad(["up", "--app", APP, "--json", ...more], { cwd, group: true });
    await eventually("the document", () => {
      assert.equal(running.child.exitCode, null, running.stderr());
      return running.stdout().endsWith("}\n");
    });
    return { running, document: JSON.parse(running.stdout()) as Up };
  }

  it("starts nodes that answer each other, starts one again that was killed, and ends them all on Ctrl-C", async () => {
    const { running, document } = await up();
    assert.deepEqual([document.command, document.servers.length, document.nodes.length], ["up", 1, 3]);
    for (const { health } of document.nodes) assert.equal((await fetch(`${health}/ready`)).status, 200);

    const nats = await connectNats({ servers: document.nats });
    const transport = natsTransport(nats, new Subjects("main"));
    const system = createSystem({ app, node: "test", nodes: { transport, aliveMs: 200, lostMs: 1_000 } });
    const whoIs = async (node: string): Promise<string | undefined> => {
      const ref = (await system.find(`${node}/worker`)) as ActorRef<WorkMessage> | null;
      return await ref?.ask<string>((reply) => ({ kind: "who", reply }));
    };
    for (const { name } of document.nodes) assert.equal(await whoIs(name), name);

    process.kill(document.nodes[1]!.pid, "SIGKILL");
    await running.said(/node-2 has ended \(SIGKILL\); it is started again in 0\.5 s\nnode-2 is ready/);
    await eventually("it answers again", () =>
      whoIs("node-2").then(
        (name) => name === "node-2",
        () => false,
      ),
    );
    await system.shutdown();
    await nats.close();

    const below = descendantsOf(running.child.pid!);
    assert.ok(below.length >= 4);
    process.kill(-running.child.pid!, "SIGINT");
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.equal(stdout, running.stdout());
    JSON.parse(stdout);
    await allGone(below);
  });

  it("keeps another one out of its folder", async () => {
    const { running } = await up("--nodes", "1");
    const second = await myriad(["up", "--json"], { cwd });
    assert.equal(second.code, 2);
    const { error } = JSON.parse(second.stdout) as { readonly error: { readonly code: string } };
    assert.equal(error.code, "JOURNAL_IN_USE");
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 0);
  });

  it("leaves nothing behind when it is killed itself, servers that replicate neither", async () => {
    const { running, document } = await up("--nodes", "2", "--servers", "3");
    assert.equal(document.servers.length, 3);
    const below = descendantsOf(running.child.pid!);
    running.child.kill("SIGKILL");
    await allGone(below);
    assert.ok(below.length >= 5);
  });

  it("says why a node does not start, and leaves nothing behind", async () => {
    const running = startMyriad(["up", "--nodes", "1", "--app", "no-such-app.js"], { cwd });
    const { code, stderr } = await running.ended;
    assert.equal(code, 4);
    assert.match(stderr, /LOCAL_CLUSTER_FAILED: node-1 ended before it was ready[^]*NODE_CONFIG_UNREADABLE/);
  });
});
