/** A peer on the transport that is no node, or no honest one. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import fc from "fast-check";
import { pack, Packr } from "msgpackr";
import { createSystem } from "../../../../runtime/index.ts";
import type { ActorSystem, NodeOptions } from "../../../../runtime/index.ts";
import { FRAMES, HELLO, ITEM, readDatagram, writeDatagram } from "../../../../runtime/nodes/datagram.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";
import { app, counter } from "../../../kit/thread-app.ts";

let system: ActorSystem;
afterEach(() => system.shutdown());

interface Stage {
  /** What the system has sent to it. */
  readonly sent: Uint8Array[];
  readonly lost: string[];
  readonly clock: VirtualClock;
  readonly send: (datagram: Uint8Array) => void;
  /** In a session, once it is open. */
  readonly say: (kind: number, payload: Uint8Array) => void;
}

function stage(): Stage {
  const sent: Uint8Array[] = [];
  const lost: string[] = [];
  let received: (from: string, datagram: Uint8Array) => void = () => undefined;
  const clock = new VirtualClock();
  const nodes: NodeOptions = {
    transport: {
      maxBytes: 4_096,
      open: (_node, receive) => (received = receive),
      send: (_to, datagram) => sent.push(datagram),
      close: () => undefined,
    },
  };
  system = createSystem({ app, nodes, clock });
  system.events.subscribe("node-lost", ({ why }) => lost.push(why));
  const send = (datagram: Uint8Array): void => received("mallory", datagram);
  let session = 0;
  let number = 0;
  return {
    sent,
    lost,
    clock,
    send,
    say(kind, payload) {
      if (session === 0 || lost.length > 0) {
        session += 1;
        number = 0;
        lost.length = 0;
        send(
          writeDatagram(
            { kind: HELLO, more: false, from: session, to: 0, number: 0, taken: 0 },
            pack([session, ""]),
          ),
        );
      }
      number += 1;
      const to = readDatagram(sent.findLast((bytes) => bytes[2] === HELLO)!)!.from;
      send(writeDatagram({ kind, more: false, from: session, to, number, taken: 0 }, payload));
    },
  };
}

/** As honest nodes pack what they say: with the shape of each object before it. */
const record = (value: object): Uint8Array => new Packr({ sequential: true, useRecords: true }).pack(value);

const frame = (kind: number, to: number, rest: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(8 + 16 + rest.length);
  bytes.writeUInt32LE(16 + rest.length, 0);
  bytes.writeUInt32LE(kind, 4);
  bytes.writeDoubleLE(to, 8);
  bytes.set(rest, 24);
  return bytes;
};

describe("a peer that is no honest node", () => {
  it("disturbs nothing by datagrams of any bytes", () => {
    const { send } = stage();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(7), (bytes, kind) => {
        send(bytes);
        if (bytes.length > 2) send(Uint8Array.of(0x4d, 1, kind, ...bytes.subarray(3)));
      }),
      { numRuns: 2_000 },
    );
    assert.equal(
      system.info().nodes.every(({ node }) => node === "mallory"),
      true,
    );
  });

  it("is not remembered for what it says before it has greeted", () => {
    const { send, sent } = stage();
    for (const kind of [FRAMES, ITEM, 4, 5, 6]) {
      send(writeDatagram({ kind, more: false, from: 1, to: 2, number: 1, taken: 0 }, new Uint8Array(8)));
    }
    assert.deepEqual(system.info().nodes, []);
    assert.deepEqual(
      sent.map((bytes) => bytes[2]),
      [6, 6, 6, 6],
      "it is told that nobody knows it, save when it says so itself",
    );
  });

  it("changes nothing by a late copy of a greeting: only who answers in the session counts", () => {
    const { send, lost, say } = stage();
    const reached: string[] = [];
    system.events.subscribe("node-reached", ({ node }) => reached.push(node));
    const late = { kind: HELLO, more: false, from: 9, to: 0, number: 0, taken: 0 };
    send(writeDatagram(late, pack([1, ""])));
    assert.deepEqual([reached, lost], [[], []]);
    say(FRAMES, new Uint8Array(0));
    assert.deepEqual(reached, []);
  });

  it("loses its session by frames that cannot be read, and by those that only threads send", () => {
    const { say, lost } = stage();
    for (const payload of [
      Buffer.from("no frames at all"),
      frame(1, 4_096, Buffer.from([0x93])),
      frame(2, 4_096, Buffer.alloc(0)),
      frame(9, 0, record({ kind: "spawn", of: 1, type: "counter", args: 0, name: "x", parentPath: null })),
      frame(9, 0, record({ kind: "halt", of: 4_096, error: {} })),
      frame(9, 0, record({ kind: "moved", of: 4_096, thread: 7 })),
      frame(9, 0, pack(null)),
      frame(99, 4_096, Buffer.alloc(0)),
      frame(1 + 0x100, 4_096, Buffer.alloc(0)),
    ]) {
      say(FRAMES, payload);
      assert.equal(lost.length, 1, payload.toString("latin1"));
      assert.match(lost[0]!, /^it sent what cannot be read: (?!.*undefined)/);
    }
    say(ITEM, Buffer.from([0xc1]));
    assert.equal(lost.length, 1);
  });

  it("loses no more than its session by frames of any bytes", async () => {
    const { say } = stage();
    const ref = system.spawn(counter, 5, {});
    const inside = fc.tuple(
      fc.nat({ max: 14 }),
      fc.oneof(fc.nat(), fc.constant(4_096), fc.double()),
      fc.uint8Array({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(inside, ([kind, to, rest]) => say(FRAMES, frame(kind, to, rest))),
      { numRuns: 2_000 },
    );
    assert.equal(await ref.ask((reply) => ({ kind: "get", reply })), 5);
  });

  it("cannot fill a mailbox without end: what is too much becomes dead letters", () => {
    const { say } = stage();
    const ref = system.spawn(counter, 5, { name: "five", mailbox: { capacity: 10 } });
    const incarnation = Number(ref.address.split("#")[1]);
    say(FRAMES, frame(9, 0, record({ kind: "locate", of: incarnation, path: "five" })));
    const batch = Buffer.concat(
      Array.from({ length: 2_000 }, () => frame(1, incarnation, pack({ kind: "add", step: 1 }))),
    );

    for (let told = 0; told < 1_060_000; told += 2_000) say(FRAMES, batch);
    assert.ok(system.deadLetters.total > 10_000, `${system.deadLetters.total} dead letters`);
    assert.equal(system.deadLetters.list().at(-1)?.reason, "overflow");
  });

  it("cannot answer what another node was asked", async () => {
    const { say, clock } = stage();
    const honest = system.resolve("honest/one#1");
    const asked = honest.ask((reply) => ({ kind: "get", reply }), { timeoutMs: 100 });
    for (let number = 1; number < 10; number++) {
      const answer = frame(5, 0, pack("forged"));
      new DataView(answer.buffer, answer.byteOffset).setInt32(16, number, true);
      say(FRAMES, answer);
    }
    await Promise.all([assert.rejects(asked, { code: "ASK_TIMEOUT" }), clock.advance(200)]);
  });
});
