/** What the runtime asks of whatever carries datagrams between nodes. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Transport } from "../../runtime/contracts/index.ts";
import { eventually } from "../kit/eventually.ts";

type Received = readonly [from: string, text: string];

/** @param make transports that reach each other; @param settle resolves when what was opened can be reached. */
export function transportContract(make: () => Transport, settle: () => Promise<void>): void {
  const transports: Transport[] = [];
  afterEach(() => transports.splice(0).forEach((transport) => transport.close()));

  const open = (node: string): { readonly transport: Transport; readonly received: Received[] } => {
    const transport = make();
    const received: Received[] = [];
    transport.open(node, (from, datagram) => received.push([from, Buffer.from(datagram).toString("latin1")]));
    transports.push(transport);
    return { transport, received };
  };
  const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

  describe("a transport", () => {
    it("brings what is sent to a node there alone, whole and under its sender's name", async () => {
      const [a, b, c] = [open("a"), open("b"), open("c")];
      await settle();
      a.transport.send("b", bytes("one"));
      c.transport.send("b", bytes("\0\r\n\xff"));
      a.transport.send("b", bytes(""));
      await eventually("all three", () => b.received.length === 3);
      assert.deepEqual(b.received.toSorted(), [
        ["a", ""],
        ["a", "one"],
        ["c", "\0\r\n\xff"],
      ]);
      assert.deepEqual([a.received, c.received], [[], []]);
    });

    it("takes every name that a node can have", async () => {
      const names = ["a.b", "a%2Eb", "*", "$@:+=%!*'()-~_", "x".repeat(200)];
      const here = open("here");
      const nodes = names.map(open);
      await settle();
      for (const [index, { transport }] of nodes.entries()) {
        here.transport.send(names[index]!, bytes(names[index]!));
        transport.send("here", bytes("back"));
      }
      await eventually("all names", () => here.received.length === names.length);
      await eventually("all nodes", () => nodes.every(({ received }) => received.length === 1));
      assert.deepEqual(here.received.map(([from]) => from).toSorted(), names.toSorted());
      assert.deepEqual(
        nodes.map(({ received }) => received[0]),
        names.map((name) => ["here", name]),
      );
    });

    it("carries a datagram as long as it says, of 1,024 bytes at least", async () => {
      const [a, b] = [open("a"), open("b")];
      await settle();
      const { maxBytes } = a.transport;
      assert.ok(maxBytes >= 1_024);
      a.transport.send("b", Buffer.alloc(maxBytes, "x"));
      await eventually("the longest", () => b.received.length === 1);
      assert.equal(b.received[0]![1].length, maxBytes);
    });

    it("loses in silence what is sent to nobody, before it is open and after it is closed", async () => {
      const [a, b] = [open("a"), open("b")];
      const unopened = make();
      await settle();
      unopened.send("b", bytes("lost"));
      unopened.close();
      a.transport.send("nobody", bytes("lost"));
      b.transport.close();
      b.transport.close();
      a.transport.send("b", bytes("lost"));
      b.transport.send("a", bytes("lost"));
      const c = open("c");
      await settle();
      a.transport.send("c", bytes("last"));
      await eventually("the last", () => c.received.length === 1);
      assert.deepEqual([a.received, b.received], [[], []]);
    });
  });
}
