import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Decoder, Encoder, type Passport } from "../../../../runtime/threads/codec.ts";

const nobody: Passport = {
  stampRef: () => null,
  readRef: () => assert.fail("no ref was sent"),
  stampReply: () => null,
  readReply: () => null,
};
const link = (): { readonly encoder: Encoder; readonly send: (value: unknown) => unknown } => {
  const [encoder, decoder] = [new Encoder(nobody), new Decoder(nobody)];
  return { encoder, send: (value) => decoder.unpack(encoder.pack(value).slice()) };
};
class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

describe("messages as MessagePack", () => {
  it("bends minus zero, holes, class instances and shared references", () => {
    const { send } = link();
    assert.ok(Object.is(send(-0), 0));
    const holes = send(new Array<number>(2)) as unknown[];
    assert.ok(0 in holes && holes[0] === undefined);
    const point = send(new Point(3));
    assert.equal(Object.getPrototypeOf(point), Object.prototype);
    assert.deepEqual(point, { x: 3 });
    const shared = { n: 1 };
    const [a, b] = send([shared, shared]) as [object, object];
    assert.notEqual(a, b);
  });

  it("can be read again by their sender as long as the number of no record has changed its meaning", () => {
    const { encoder } = link();
    const packed = [1, 2, 3].map((n) => encoder.pack({ kind: "add", n, [`k${n}`]: true }).slice());
    const reader = encoder.reader()!;
    assert.deepEqual(reader.unpack(packed[2]!), { kind: "add", n: 3, k3: true });
    assert.deepEqual(reader.unpack(packed[0]!), { kind: "add", n: 1, k1: true });
    for (let shape = 0; shape < 100; shape++) encoder.pack({ [`s${shape}`]: shape });
    assert.equal(encoder.reader(), null);
    const refused = link().encoder;
    assert.notEqual(refused.reader(), null);
    assert.throws(() => refused.pack({ refuse: () => 1 }), { code: "MESSAGE_UNSENDABLE" });
    assert.equal(refused.reader(), null);
  });
});
