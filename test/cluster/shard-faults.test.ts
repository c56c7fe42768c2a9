import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { openJetStreamJournal } from "../../cluster/index.ts";
import type { Journal } from "../../runtime/contracts/index.ts";
import { eventually } from "../kit/eventually.ts";
import { openNats, type NatsForTest } from "../kit/nats.ts";
import { ownersSeenBy, startNode, SUBJECTS, type ShardedNode } from "../kit/sharded-nodes.ts";
import { checkStreams, startProcess, Writer } from "../kit/sharded-processes.ts";

const KEYS = Array.from({ length: 24 }, (_, index) => `key ${index}`);

describe("sharded actors of nodes in processes of their own", () => {
  let test: NatsForTest;
  let journal: Journal;
  let node: ShardedNode;
  const children: ChildProcess[] = [];

  before(async () => {
    test = await openNats();
    journal = await openJetStreamJournal(await test.connect(), SUBJECTS);
    // It owns none: all that it writes goes to the others.
    node = await startNode(test, "writer", journal, {
      member: { capacity: 1e-9 },
    });
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await node.leave();
    await test.close();
  });

  async function start(name: string): Promise<ChildProcess> {
    const child = await startProcess(test, name);
    children.push(child);
    return child;
  }

  const owned = (names: readonly string[]): Promise<void> =>
    eventually(
      `${names.join()} own all shards`,
      () => Object.keys(ownersSeenBy(node)).toSorted().join() === names.join(),
    );
  const lifeOf = (name: string): number => node.membership.member(name)!.life;

  it("lose nothing that was confirmed, and nothing comes twice, when an owner is killed, and comes back", async () => {
    const [b] = await Promise.all([start("b"), start("c")]);
    await owned(["b", "c"]);
    const life = lifeOf("b");
    const writer = new Writer(node, KEYS);
    await eventually("some are confirmed", () => writer.least > 10);
    b.kill("SIGKILL");
    await once(b, "exit");
    await owned(["c"]);
    const before = writer.least;
    await eventually("more are confirmed", () => writer.least > before + 10);
    await start("b");
    await owned(["b", "c"]);
    assert.ok(lifeOf("b") > life);
    const back = writer.least;
    await eventually("more are confirmed", () => writer.least > back + 10);
    await writer.stop();
    assert.deepEqual([...(await checkStreams(journal, writer, KEYS))].toSorted(), ["b", "c"]);
  });

  it("are not written by an owner that was frozen for longer than its lease, and it joins anew by itself", async () => {
    const b = children.at(-1)!;
    await owned(["b", "c"]);
    const life = lifeOf("b");
    const keys = KEYS.map((key) => `frozen ${key}`);
    const writer = new Writer(node, keys);
    await eventually("some are confirmed", () => writer.least > 10);
    b.kill("SIGSTOP");
    await owned(["c"]);
    const before = writer.least;
    await eventually("more are confirmed", () => writer.least > before + 10);
    b.kill("SIGCONT");
    await owned(["b", "c"]);
    assert.ok(lifeOf("b") > life);
    const back = writer.least;
    await eventually("more are confirmed", () => writer.least > back + 10);
    await writer.stop();
    assert.deepEqual([...(await checkStreams(journal, writer, keys))].toSorted(), ["b", "c"]);
  });
});
