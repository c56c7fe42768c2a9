import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { jetstream } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { openArtifactStore, Subjects, type ArtifactStore, type Nats } from "../../../cluster/index.ts";
import { systemClock, type Clock } from "../../../runtime/contracts/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

describe("artifacts by the hash of their content", () => {
  const subjects = new Subjects("store");
  let test: NatsForTest;
  let nats: Nats;
  let store: ArtifactStore;
  before(async () => {
    test = await openNats();
    nats = await test.connect();
    store = await openArtifactStore(nats, subjects);
  });
  after(() => test.close());

  const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const objects = async (): Promise<readonly string[]> => {
    const bucket = await new Objm(jetstream(nats.connection)).open(subjects.bucket("artifacts"));
    return (await bucket.list()).map(({ name }) => name).toSorted();
  };

  it("come back as they were put, whole or in chunks, on another connection too", async () => {
    const other = await openArtifactStore(await test.connect(), subjects);
    for (const sizeBytes of [0, 1, 131_072, 1_000_003]) {
      const content = randomBytes(sizeBytes);
      const artifact = await store.put(content);
      assert.deepEqual(artifact, { hash: hashOf(content), sizeBytes });
      assert.deepEqual(Buffer.from(await other.bytes(artifact.hash)), content);
      assert.deepEqual(await other.find(artifact.hash), artifact);
    }
  });

  it("are streamed in and out", async () => {
    const chunk = randomBytes(70_000);
    const whole = createHash("sha256");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 40; at++) {
        whole.update(chunk);
        yield await Promise.resolve(chunk);
      }
    }
    const { hash, sizeBytes } = await store.put(chunks());
    assert.equal(sizeBytes, 2_800_000);
    assert.equal(hash, whole.digest("hex"));
    let read = 0;
    for await (const part of store.read(hash)) read += part.length;
    assert.equal(read, sizeBytes);
    for await (const part of store.read(hash)) {
      assert.ok(part.length > 0);
      break;
    }
  });

  it("are kept once, and nothing stays of the second time", async () => {
    const content = randomBytes(1_000);
    const first = await store.put(content);
    const before = await objects();
    assert.deepEqual(await store.put(content), first);
    assert.deepEqual(await objects(), before);
    const twice = await Promise.all([store.put(randomBytes(10)), store.put(content), store.put(content)]);
    assert.deepEqual(twice.slice(1), [first, first]);
    assert.deepEqual(Buffer.from(await store.bytes(first.hash)), content);
  });

  it("that two put at the same time are there afterwards", async () => {
    const content = randomBytes(5_000);
    const both = await Promise.all([store.put(content), store.put(content), store.put(content)]);
    for (const { hash } of both) assert.deepEqual(Buffer.from(await store.bytes(hash)), content);
  });

  it("that nobody has put, or that were deleted, are unknown", async () => {
    const { hash } = await store.put(Buffer.from("soon gone"));
    assert.equal(await store.delete(hash), true);
    assert.equal(await store.delete(hash), false);
    assert.equal(await store.find(hash), null);
    await assert.rejects(store.bytes(hash), hasCode("ARTIFACT_UNKNOWN"));
    await assert.rejects(store.bytes("A".repeat(64)), hasCode("CLUSTER_OPTION_INVALID"));
    await assert.rejects(store.find("../x"), hasCode("CLUSTER_OPTION_INVALID"));
    assert.equal((await store.put(Buffer.from("soon gone"))).hash, hash);
    assert.equal(Buffer.from(await store.bytes(hash)).toString(), "soon gone");
  });

  it("that are not what their hash says are noticed", async () => {
    const bucket = await new Objm(jetstream(nats.connection)).open(subjects.bucket("artifacts"));
    const hash = hashOf(Buffer.from("promised"));
    await bucket.putBlob({ name: hash }, Buffer.from("delivered"));
    await assert.rejects(store.bytes(hash), hasCode("ARTIFACT_DAMAGED"));
  });

  it("whose content fails on the way are not kept, and the failure comes back", async () => {
    const failure = new Error("the disk is gone");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from("half"));
      throw failure;
    }
    const before = await objects();
    await assert.rejects(store.put(failing()), failure);
    assert.deepEqual(await objects(), before);
    await assert.rejects(store.put(["text"][Symbol.iterator]() as never), hasCode("CLUSTER_OPTION_INVALID"));
    await assert.rejects(store.put("text" as never), hasCode("CLUSTER_OPTION_INVALID"));
  });

  it("that were put halfway are deleted a day later", async () => {
    const bucket = await new Objm(jetstream(nats.connection)).open(subjects.bucket("artifacts"));
    await bucket.putBlob({ name: "put-halfway" }, Buffer.from("half"));
    assert.equal(await store.sweep(), 0);
    const tomorrow: Clock = { ...systemClock, now: () => Date.now() + 25 * 3_600_000 };
    const later = await openArtifactStore(nats, subjects, { clock: tomorrow });
    assert.equal(await later.sweep(), 1);
    assert.ok(!(await objects()).includes("put-halfway"));
  });

  it("are refused a store with options that make no sense", async () => {
    for (const options of [null, { replicas: 0 }])
      await assert.rejects(
        openArtifactStore(nats, subjects, options as never),
        hasCode("CLUSTER_OPTION_INVALID"),
      );
  });
});
