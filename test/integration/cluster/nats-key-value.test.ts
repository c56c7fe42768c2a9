import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openKeyValue, type KeyValueEntry, type Nats } from "../../../cluster/index.ts";
import { keyValueContract } from "../../contract/key-value-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

describe("a bucket of NATS", () => {
  let test: NatsForTest;
  let nats: Nats;
  let other: Nats;
  let buckets = 0;
  before(async () => {
    test = await openNats();
    [nats, other] = [await test.connect(), await test.connect()];
  });
  after(() => test.close());

  keyValueContract(async () => {
    const name = `contract-${++buckets}`;
    return [await openKeyValue(nats, name), await openKeyValue(other, name)];
  }, 5);

  it("is watched on when its server has been away", async () => {
    const bucket = await openKeyValue(nats, "away");
    const seen: KeyValueEntry[] = [];
    const watch = await bucket.watch((entry) => seen.push(entry));
    const first = await bucket.put("a", new Uint8Array([1]), 0);
    await eventually("the first change is seen", () => seen.length === 1);
    await test.server.stop("SIGKILL");
    await assert.rejects(bucket.put("a", new Uint8Array([2]), first), { code: "KEY_VALUE_FAILED" });
    await test.server.start();
    await eventually("the connection is back", () => nats.isConnected && other.isConnected);
    const again = await openKeyValue(other, "away");
    const second = await again.put("b", new Uint8Array([3]), 0);
    await eventually("the change behind its back is seen", () =>
      seen.some(({ revision }) => revision === second),
    );
    watch.close();
  });
});
