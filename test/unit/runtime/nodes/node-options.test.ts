import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Transport } from "../../../../runtime/contracts/index.ts";
import { actor, createSystem } from "../../../../runtime/index.ts";

/** Nobody is ever reached by it. */
const lonely: Transport = {
  maxBytes: 4_096,
  open: () => undefined,
  send: () => undefined,
  close: () => undefined,
};
const broken = (): never => {
  throw new RangeError("EADDRINUSE");
};

describe("the options of nodes", () => {
  it("name a transport that opens, sends, closes and has room for a datagram", () => {
    const transports = [
      null,
      {},
      { maxBytes: 4_096 },
      ...["open", "send", "close"].map((method) => ({ ...lonely, [method]: undefined })),
      ...[undefined, NaN, 1_023, "4096"].map((maxBytes) => ({ ...lonely, maxBytes })),
    ];
    for (const transport of transports) {
      assert.throws(
        () => createSystem({ nodes: { transport: transport as Transport } }),
        { code: "NODES_INVALID" },
        JSON.stringify(transport),
      );
    }
  });

  it("name times that signs of life can keep", () => {
    for (const times of [
      { aliveMs: 9 },
      { aliveMs: NaN },
      { aliveMs: "10" },
      { lostMs: 1_999 },
      { lostMs: NaN },
    ]) {
      const nodes = { transport: lonely, ...times } as never;
      assert.throws(() => createSystem({ nodes }), { code: "NODES_INVALID" }, JSON.stringify(times));
    }
  });
});

describe("a transport", () => {
  it("that does not open fails the system with a code and the cause", () => {
    assert.throws(
      () => createSystem({ nodes: { transport: { ...lonely, open: broken } } }),
      ({ code, cause }: { readonly code?: unknown; readonly cause?: unknown }) =>
        code === "TRANSPORT_FAILED" && cause instanceof RangeError,
    );
  });

  it("that does not close fails the shutdown with a code, once all else is down", async () => {
    const system = createSystem({
      nodes: { transport: { ...lonely, close: broken } },
      telemetry: { traces: { share: 1, onSpan: ({ name }) => spans.push(name) } },
    });
    const spans: string[] = [];
    const ended: string[] = [];
    const quiet = actor<undefined, null, string>({
      name: "quiet",
      initial: () => null,
      receive: () => null,
      stopped: (_, { kind }) => void ended.push(kind),
    });
    system.spawn(quiet, undefined).tell("hello");
    await assert.rejects(system.shutdown(), { code: "TRANSPORT_FAILED" });
    assert.deepEqual([ended, spans], [["shutdown"], ["quiet"]]);
  });
});
