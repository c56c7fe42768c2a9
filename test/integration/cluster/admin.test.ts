/** An operator and two nodes, over a real server: everything that can be asked and told, and who may not. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { runRepl } from "../../../cli/repl.ts";
import { AdminClient, AdminPart, connectNats, natsTransport, Subjects } from "../../../cluster/index.ts";
import { systemClock } from "../../../runtime/contracts/index.ts";
import {
  createSystem,
  NodeObserver,
  type ActorRef,
  type ActorSystem,
  type Reply,
  type TracedMessage,
} from "../../../runtime/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { app } from "../../kit/observed-app.ts";
import { counter, type CounterMessage } from "../../kit/thread-app.ts";

const subjects = new Subjects("ops");
const RIGHTS = [
  "authorization { users = [",
  "  { user: node, password: n }",
  "  { user: operator, password: o }",
  '  { user: viewer, password: v, permissions: { publish: { deny: ["myriad.*.admin.>"] } } }',
  "] }",
];

describe("the admin part of nodes", () => {
  let test: NatsForTest;
  let client: AdminClient;
  const systems: ActorSystem[] = [];
  const parts: AdminPart[] = [];

  before(async () => {
    test = await openNats(1, RIGHTS);
    for (const node of ["a", "b"]) {
      const nats = await test.connect({ auth: { user: "node", password: "n" } });
      const system = createSystem({
        app,
        node,
        threads: 1,
        telemetry: {},
        nodes: { transport: natsTransport(nats, subjects) },
      });
      systems.push(system);
      const observer = new NodeObserver(system);
      parts.push(new AdminPart({ nats, subjects, system, observer, clock: systemClock }));
      system.spawn(counter, 5, { name: "sum" });
      system.spawn(counter, 7, { name: "far", placement: { thread: 1 } });
      await nats.connection.flush();
    }
    const operator = await test.connect({ auth: { user: "operator", password: "o" } });
    client = new AdminClient(operator, subjects, { timeoutMs: 60_000 });
  });
  after(async () => {
    await Promise.all(parts.map((part) => part.close()));
    await Promise.all(systems.map((system) => system.shutdown()));
    await test.close();
  });

  const get = async (path: string): Promise<number> => {
    const found = (await systems[1]!.find(`b/${path}`)) as ActorRef<CounterMessage>;
    return await found.ask((reply: Reply<number>) => ({ kind: "get", reply }));
  };

  it("names the nodes, and says of each what it runs on and what its actors have done", async () => {
    assert.deepEqual(await client.names(), ["a", "b"]);
    const [a, b] = await client.nodes();
    assert.deepEqual([a!.node, b!.node, a!.threads], ["a", "b", 2]);
    assert.ok(a!.rssBytes > 1e6 && a!.cpuUs > 0 && a!.uptimeMs > 0);
    assert.equal(b!.types.find(({ type }) => type === "counter")!.alive, 2);
  });

  it("shows actors of all threads, and their state", async () => {
    await eventually("all actors", async () => (await client.actors("b")).total === 4);
    const { actors } = await client.actors("b");
    assert.deepEqual(
      actors.filter(({ type }) => type === "counter").map(({ path, waiting }) => [path, waiting]),
      [
        ["far", 0],
        ["sum", 0],
      ],
    );
    assert.equal(await client.state({ node: "b", path: "far" }), "7");
    assert.equal((await client.actors("b", "sum")).total, 1);
  });

  it("pauses, resumes, restarts and stops an actor", async () => {
    const sum = { node: "b", path: "sum" };
    await client.act("pause", sum);
    assert.equal((await client.actors("b", "sum")).actors[0]!.status, "paused");
    await client.act("resume", sum);
    assert.equal(await get("sum"), 5);
    await client.act("restart", sum);
    assert.equal(await get("sum"), 5);
    systems[1]!.spawn(counter, 0, { name: "short" });
    await client.act("stop", { node: "b", path: "short" });
    await eventually("it is gone", async () =>
      (await client.actors("b")).actors.every(({ path }) => path !== "short"),
    );
    await assert.rejects(client.state({ node: "b", path: "short" }), hasCode("ACTOR_UNKNOWN"));
  });

  it("traces an actor while somebody looks", async () => {
    const seen: TracedMessage[] = [];
    const cancel = await client.trace({ node: "b", path: "far" }, (one) => seen.push(one));
    assert.equal(await get("far"), 7);
    await eventually("the message is seen", () => seen.length === 1);
    assert.match(seen[0]!.text, /kind: 'get'/);
    cancel();
    await eventually("nothing is traced any more", async () => {
      const before = seen.length;
      await get("far");
      await client.node("b");
      return seen.length === before;
    });
    await assert.rejects(
      client.trace({ node: "b", path: "nobody" }, () => undefined),
      hasCode("ACTOR_UNKNOWN"),
    );
  });

  it("shows dead letters and tells them again", async () => {
    const gone = systems[1]!.spawn(counter, 0, { name: "gone" });
    await systems[1]!.stop(gone);
    gone.tell({ kind: "add", step: 3 });
    const { letters, total } = await client.deadLetters("b", 5);
    assert.equal(total, 1);
    assert.match(letters[0]!.text, /step: 3/);
    systems[1]!.spawn(counter, 0, { name: "gone" });
    assert.equal(await client.replayDeadLetters("b"), 1);
    assert.equal(await get("gone"), 3);
  });

  it("is refused to who has no right to it, and of nodes that are not there", async () => {
    const nats = await connectNats({
      servers: [test.server.url],
      auth: { user: "viewer", password: "v" },
    });
    try {
      const viewer = new AdminClient(nats, subjects, { timeoutMs: 2_000 });
      assert.deepEqual(await viewer.names(), ["a", "b"]);
      await assert.rejects(viewer.state({ node: "b", path: "sum" }), hasCode("SERVICE_FORBIDDEN"));
      await assert.rejects(viewer.act("stop", { node: "b", path: "sum" }), hasCode("SERVICE_FORBIDDEN"));
    } finally {
      await nats.close();
    }
    const quick = new AdminClient(
      await test.connect({ auth: { user: "operator", password: "o" } }),
      subjects,
      {
        timeoutMs: 500,
      },
    );
    await assert.rejects(quick.node("nowhere"), hasCode("SERVICE_SILENT"));
    const other = new Subjects("elsewhere");
    const alone = new AdminClient(await test.connect({ auth: { user: "operator", password: "o" } }), other);
    assert.deepEqual(await alone.names(), []);
  });

  it("is spoken to by lines: commands, what they refuse, and help", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let text = "";
    output.on("data", (data: Buffer) => (text += data.toString()));
    const session = runRepl({ client, cluster: "ops", input, output, isTerminal: false, history: null });
    input.end("nodes\nstate b/far\nstate b\nfly\n\nstate b/nobody\nhelp\nexit\nnodes\n");
    await session;
    assert.match(text, /^node +up/m);
    assert.match(text, /^7$/m);
    assert.match(text, /an actor is named as node\/path, not b; say help/);
    assert.match(text, /there is no "fly"; one of: nodes, /);
    assert.match(text, /ACTOR_UNKNOWN/);
    assert.match(text, /^trace +<node>\/<path>/m);
    assert.equal(text.match(/^node +up/gm)!.length, 1);
  });
});
