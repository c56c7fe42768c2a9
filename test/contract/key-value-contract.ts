/** What every bucket of keys and values does. */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { KeyValue, KeyValueEntry } from "../../cluster/nats/key-value.ts";
import { eventually } from "../kit/eventually.ts";

const CONFLICT = { code: "KEY_VALUE_CONFLICT" };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = (entry: KeyValueEntry | null): readonly [string, string | null, number] | null =>
  entry === null
    ? null
    : [entry.key, entry.value === null ? null : Buffer.from(entry.value).toString(), entry.revision];

/** @param open gives an empty bucket, and another client of the same one. */
export function keyValueContract(open: () => Promise<readonly [KeyValue, KeyValue]>, runs = 25): void {
  it("knows nothing of a key that never had a value", async () => {
    const [bucket] = await open();
    assert.equal(await bucket.get("a"), null);
  });

  it("changes a key only over the revision that its writer knows, and gives each change a greater one", async () => {
    const [bucket, other] = await open();
    const first = await bucket.put("a", bytes("one"), 0);
    await assert.rejects(other.put("a", bytes("two"), 0), CONFLICT);
    const second = await other.put("a", bytes("two"), first);
    await assert.rejects(bucket.put("a", bytes("three"), first), CONFLICT);
    await assert.rejects(bucket.remove("a", first), CONFLICT);
    assert.ok(second > first);
    assert.deepEqual(plain(await bucket.get("a")), ["a", "two", second]);
  });

  it("keeps the revision of a removal, over which alone there is another value", async () => {
    const [bucket] = await open();
    const first = await bucket.put("a", bytes("one"), 0);
    const removed = await bucket.remove("a", first);
    assert.deepEqual(plain(await bucket.get("a")), ["a", null, removed]);
    await assert.rejects(bucket.put("a", bytes("two"), 0), CONFLICT);
    await assert.rejects(bucket.put("a", bytes("two"), first), CONFLICT);
    assert.ok((await bucket.put("a", bytes("two"), removed)) > removed);
  });

  it("marks a key as removed that never had a value, but only such a one", async () => {
    const [bucket] = await open();
    const removed = await bucket.remove("a", 0);
    assert.deepEqual(plain(await bucket.get("a")), ["a", null, removed]);
    await assert.rejects(bucket.remove("a", 0), CONFLICT);
  });

  it("lets one win of many who expect the same", async () => {
    const [bucket, other] = await open();
    const tries = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? bucket : other).put("a", bytes(String(index)), 0),
    );
    const settled = await Promise.allSettled(tries);
    assert.equal(settled.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("tells a watcher what there is, then each change, removals too", async () => {
    const [bucket, other] = await open();
    const a = await bucket.put("a", bytes("one"), 0);
    const b = await bucket.put("b", bytes("two"), 0);
    const gone = await bucket.remove("b", b);
    const seen: KeyValueEntry[] = [];
    const watch = await other.watch((entry) => seen.push(entry));
    assert.deepEqual(seen.map(plain), [
      ["a", "one", a],
      ["b", null, gone],
    ]);
    const again = await bucket.put("b", bytes("three"), gone);
    const last = await bucket.remove("a", a);
    await eventually("both changes are seen", () => seen.length === 4);
    assert.deepEqual(seen.slice(2).map(plain), [
      ["b", "three", again],
      ["a", null, last],
    ]);
    watch.close();
    await bucket.put("c", bytes("four"), 0);
    assert.equal(seen.length, 4);
  });

  it("tells a watcher of an empty bucket that there is nothing", async () => {
    const [bucket] = await open();
    const watch = await bucket.watch(() => assert.fail());
    watch.close();
  });

  it("keeps these rules over any changes", async () => {
    const change = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      expected: fc.constantFrom("right", "right", "none", "older"),
      isRemoval: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        const [bucket, other] = await open();
        const model = new Map<string, { revision: number; value: string | null }>();
        let newest = 0;
        for (const [index, { key, expected, isRemoval }] of changes.entries()) {
          const now = model.get(key)?.revision ?? 0;
          const given = expected === "right" ? now : expected === "none" ? 0 : Math.max(0, now - 1);
          const client = index % 2 === 0 ? bucket : other;
          const done = isRemoval ? client.remove(key, given) : client.put(key, bytes(String(index)), given);
          if (given !== now) await assert.rejects(done, CONFLICT);
          else {
            const revision = await done;
            assert.ok(revision > newest);
            newest = revision;
            model.set(key, { revision, value: isRemoval ? null : String(index) });
          }
        }
        for (const [key, { revision, value }] of model) {
          assert.deepEqual(plain(await other.get(key)), [key, value, revision]);
        }
      }),
      { numRuns: runs },
    );
  });
}
