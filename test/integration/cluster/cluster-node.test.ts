/** Nodes within the test's own process, on a real server. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { openLog, readNodeConfig, startNode } from "../../../cluster/index.ts";
import type { ClusterNode, NodePart } from "../../../cluster/index.ts";
import type { ActorRef, Reply } from "../../../runtime/index.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { worker, type WorkMessage } from "../../kit/node-app.ts";
import { app, counter, type CounterMessage } from "../../kit/thread-app.ts";

const get = (reply: Reply<number>): CounterMessage => ({ kind: "get", reply });

describe("a node of a cluster", () => {
  let test: NatsForTest;
  let folder = "";
  const nodes: ClusterNode[] = [];
  const lines: string[] = [];
  before(async () => {
    test = await openNats();
    folder = mkdtempSync(join(tmpdir(), "myriad-node-"));
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.drain()));
  });
  after(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    name: string,
    environment: NodeJS.ProcessEnv = {},
    part?: NodePart,
  ): Promise<ClusterNode> {
    const settings = {
      MYRIAD_NODE_NAME: name,
      MYRIAD_NODE_NATS_SERVERS: test.server.url,
      MYRIAD_NODE_STATE: folder,
      MYRIAD_NODE_HEALTH_PORT: "0",
    };
    const config = readNodeConfig({ environment: { ...settings, ...environment } });
    const log = openLog({
      level: "debug",
      format: "json",
      node: name,
      write: (line) => void lines.push(line),
    });
    const node = await startNode({ config, log, app, start: (made) => part && made.add(part) });
    nodes.push(node);
    return node;
  }

  async function status(node: ClusterNode, path: string, method = "GET"): Promise<number> {
    const response = await fetch(node.healthUrl + path, { method });
    await response.arrayBuffer();
    return response.status;
  }

  it("is ready when it has started, and its actors answer those of another node", async () => {
    const [a, b] = [await start("a"), await start("b", { MYRIAD_NODE_THREADS: "1" })];
    assert.equal(a.phase, "ready");
    b.system.spawn(counter, 42, { name: "counter", placement: { thread: 1 } });
    const found = (await a.system.find("b/counter")) as ActorRef<CounterMessage> | null;
    assert.equal(await found?.ask(get), 42);
    for (const node of [a, b]) {
      assert.deepEqual([await status(node, "/ready"), await status(node, "/live")], [200, 200]);
    }
    const response = await fetch(`${a.healthUrl}/ready`);
    const body = (await response.json()) as object;
    const checks = { nats: true, threads: true, member: true, admin: true };
    assert.deepEqual(body, { ready: true, node: "a", cluster: "main", phase: "ready", checks });
    const metrics = await (await fetch(`${b.healthUrl}/metrics`)).text();
    assert.match(metrics, /^myriad_actor_messages_total\{type="counter"\} 1$/m);
    assert.match(metrics, /^myriad_threads 2$/m);
    assert.match(metrics, /^myriad_nodes_reached 1$/m);
  });

  it("answers nothing else over HTTP", async () => {
    const a = await start("a");
    assert.equal(await status(a, "/"), 404);
    assert.equal(await status(a, "/ready", "POST"), 405);
    assert.equal(await status(a, "/ready?verbose", "HEAD"), 200);
  });

  it("handles all that waits before it stops, also what waits on its threads", async () => {
    const a = await start("a", { MYRIAD_NODE_THREADS: "1" });
    const asked = [0, 1].map((thread) => {
      const ref = a.system.spawn(counter, 0, { placement: { thread } });
      for (let step = 0; step < 900; step++) ref.tell({ kind: "add", step: 1 });
      return ref.ask<number>(get);
    });
    assert.deepEqual(await a.drain(), { drained: true, error: null });
    assert.deepEqual(await Promise.all(asked), [900, 900]);
    assert.equal(a.phase, "stopped");
    assert.ok(a.nats.connection.isClosed());
    await assert.rejects(fetch(`${a.healthUrl}/ready`), "its port is free again");
  });

  it("answers what another node has asked it before", async () => {
    const [a, b] = [await start("a"), await start("b")];
    b.system.spawn(worker, "b", { name: "worker" });
    const found = (await a.system.find("b/worker")) as ActorRef<WorkMessage>;
    const asked = found.ask<string>((reply) => ({ kind: "work", ms: 300, reply }), { timeoutMs: 60_000 });
    await eventually("the question is there", async () =>
      (await b.observer.actors("worker")).some(({ unanswered }) => unanswered === 1),
    );
    assert.deepEqual(await b.drain(), { drained: true, error: null });
    assert.equal(await asked, "b");
  });

  it("says that it is not ready while its parts drain, the last one first, and closes them when actors have stopped", async () => {
    const told: string[] = [];
    let finish: () => void = () => undefined;
    const a = await start(
      "a",
      {},
      {
        name: "first",
        drain: () => Promise.resolve(void told.push("first drains")),
        close: () => Promise.resolve(void told.push("first closes")),
      },
    );
    a.add({
      name: "last",
      drain: () => new Promise((resolve) => (finish = resolve)),
      close: () => Promise.resolve(void told.push(`last closes, ${a.system.idle ? "idle" : "busy"}`)),
    });
    assert.equal(await status(a, "/ready"), 200);
    const ending = a.drain();
    assert.equal(a.phase, "draining");
    assert.deepEqual([await status(a, "/ready"), await status(a, "/live")], [503, 200]);
    assert.deepEqual(told, []);
    finish();
    assert.deepEqual(await ending, { drained: true, error: null });
    assert.deepEqual(told, ["first drains", "last closes, idle", "first closes"]);
  });

  it("is not ready while a part says so", async () => {
    let isReady = false;
    const a = await start("a", {}, { name: "queue", isReady: () => isReady });
    assert.equal(await status(a, "/ready"), 503);
    isReady = true;
    assert.equal(await status(a, "/ready"), 200);
  });

  it("gives up at its deadline, says what was not done, and closes all the same", async () => {
    const closed: string[] = [];
    const part: NodePart = {
      name: "endless",
      drain: () => new Promise(() => undefined),
      close: () => Promise.resolve(void closed.push("endless")),
    };
    const a = await start("a", { MYRIAD_NODE_DRAIN_MS: "50" }, part);
    const { drained, error } = await a.drain();
    assert.equal(drained, false);
    assert.equal((error as { code?: string } | null)?.code, "NODE_DRAIN_DEADLINE");
    assert.match(error?.message ?? "", /endless/);
    assert.ok(closed.length === 1 && a.nats.connection.isClosed());
  });

  it("goes on when a part fails to drain, and says so", async () => {
    const part: NodePart = { name: "broken", drain: () => Promise.reject(new Error("no way")) };
    const a = await start("a", {}, part);
    assert.equal((await a.drain()).drained, false);
    assert.ok(lines.some((line) => line.includes("did not end well") && line.includes("no way")));
  });

  it("is not ready while NATS is away, lives, and is ready again when it is back", async () => {
    const own = await openNats();
    const a = await start("a", { MYRIAD_NODE_NATS_SERVERS: own.server.url });
    await own.server.stop("SIGKILL");
    await eventually("not ready", async () => (await status(a, "/ready")) === 503);
    assert.equal(await status(a, "/live"), 200);
    await own.server.start();
    await eventually("ready again", async () => (await status(a, "/ready")) === 200);
    assert.ok(lines.some((line) => line.includes("NATS is lost")));
    await a.drain();
    await own.close();
  });

  it("is refused when no server answers, and leaves nothing open", async () => {
    const environment = { MYRIAD_NODE_NATS_SERVERS: "127.0.0.1:9", MYRIAD_NODE_NATS_CONNECT_MS: "100" };
    await assert.rejects(start("a", environment), { code: "NATS_UNREACHABLE" });
    const port = String(Number(new URL((await start("b")).healthUrl).port));
    await nodes.pop()!.drain();
    await assert.rejects(start("a", { ...environment, MYRIAD_NODE_HEALTH_PORT: port }), {
      code: "NATS_UNREACHABLE",
    });
    await start("c", { MYRIAD_NODE_HEALTH_PORT: port });
  });

  it("is refused where another serves its health, and where another of its name keeps its state", async () => {
    const a = await start("a");
    const port = new URL(a.healthUrl).port;
    await assert.rejects(start("b", { MYRIAD_NODE_HEALTH_PORT: port }), { code: "NODE_HEALTH_FAILED" });
    await assert.rejects(start("a"), { code: "JOURNAL_IN_USE" });
    assert.equal(await status(a, "/ready"), 200);
  });

  it("is refused when the app's start fails, and closes what it had opened", async () => {
    const config = readNodeConfig({
      environment: {
        MYRIAD_NODE_NAME: "a",
        MYRIAD_NODE_NATS_SERVERS: test.server.url,
        MYRIAD_NODE_STATE: folder,
        MYRIAD_NODE_HEALTH_PORT: "0",
      },
    });
    const log = openLog({ level: "error", format: "json", node: "a", write: () => undefined });
    const failing = startNode({ config, log, app, start: () => Promise.reject(new RangeError("no start")) });
    await assert.rejects(failing, RangeError);
    await start("a");
  });
});
