import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  checkEnvelope,
  encodeEnvelope,
  expiryOf,
  makeEnvelope,
  readEnvelope,
  type Envelope,
  type NewEnvelope,
} from "../../../cluster/queue/envelope.ts";
import type { Clock } from "../../../runtime/contracts/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const clock: Clock = { now: () => NOW, monotonic: () => 0, schedule: () => () => undefined };
const least: NewEnvelope = {
  sender_id: "supervisor",
  receiver_id: "test-generation",
  payload: { task_id: "t-1", task_type: "generate tests", data: { path: "a.ts" } },
};

describe("an envelope", () => {
  it("is made with defaults for all that was not said", () => {
    const envelope = makeEnvelope(least, clock);
    const { message_id: id, conversation_id: conversation } = envelope;
    assert.match(id, /^[\da-f-]{36}$/);
    assert.notEqual(id, conversation);
    assert.deepEqual(envelope, {
      ...least,
      message_id: id,
      conversation_id: conversation,
      schema_version: "1.0.0",
      timestamp: "2026-01-02T03:04:05.006Z",
      message_type: "task_request",
      priority: 5,
      ttl_seconds: 300,
      metadata: { retry_count: 0, trace_id: conversation },
    });
    assert.equal(expiryOf(envelope), NOW + 300_000);
  });

  it("comes back as it was stored, but for its token", () => {
    const envelope = makeEnvelope({ ...least, auth_token: "secret", parent_message_id: "p" }, clock);
    const stored = encodeEnvelope(envelope);
    assert.doesNotMatch(Buffer.from(stored).toString(), /secret|auth_token/);
    const { auth_token: token, ...rest } = envelope;
    assert.equal(token, "secret");
    assert.deepEqual(readEnvelope(stored), { kind: "envelope", envelope: rest });
  });

  it("is refused, with the field, when one is missing or wrong", () => {
    const right = makeEnvelope(least, clock);
    const wrong: readonly (readonly [field: string, change: object])[] = [
      ["message_id", { message_id: "with space" }],
      ["message_id", { message_id: "line\r\nNats-Rollup: all" }],
      ["conversation_id", { conversation_id: undefined }],
      ["schema_version", { schema_version: "one" }],
      ["schema_version", { schema_version: "2.0.0" }],
      ["timestamp", { timestamp: "yesterday" }],
      ["timestamp", { timestamp: "2026-13-40T00:00:00Z" }],
      ["sender_id", { sender_id: "" }],
      ["receiver_id", { receiver_id: "x".repeat(257) }],
      ["message_type", { message_type: "gossip" }],
      ["priority", { priority: 10 }],
      ["priority", { priority: 0.5 }],
      ["ttl_seconds", { ttl_seconds: -1 }],
      ["ttl_seconds", { ttl_seconds: NaN }],
      ["auth_token", { auth_token: 5 }],
      ["payload", { payload: null }],
      ["payload.task_id", { payload: { task_type: "t" } }],
      ["payload.task_type", { payload: { task_id: "t" } }],
      ["metadata", { metadata: [] }],
      ["metadata.retry_count", { metadata: { trace_id: "t" } }],
      ["metadata.parent_message_id", { metadata: { retry_count: 0, trace_id: "t", parent_message_id: 1 } }],
      ["metadata.trace_id", { metadata: { retry_count: 0 } }],
    ];
    for (const [field, change] of wrong) {
      const given = { ...right, ...change };
      assert.throws(
        () => checkEnvelope(given),
        (thrown) =>
          hasCode("ENVELOPE_INVALID")(thrown) && (thrown as { location: string }).location === field,
        field,
      );
      assert.equal(readEnvelope(Buffer.from(JSON.stringify(given))).kind, "refused");
    }
  });

  it("of a newer minor version is read, with the fields that it has more", () => {
    const newer = { ...makeEnvelope(least, clock), schema_version: "1.7.2", region: "eu" };
    assert.deepEqual(readEnvelope(Buffer.from(JSON.stringify(newer))), { kind: "envelope", envelope: newer });
  });

  it("of another major version is not read, and says so", () => {
    const foreign = { schema_version: "2.0.0", anything: 1 };
    const read = readEnvelope(Buffer.from(JSON.stringify(foreign)));
    assert.equal(read.kind, "refused");
    assert.match(read.reason, /schema_version/);
    assert.deepEqual(read.given, foreign);
  });

  it("that JSON cannot hold is refused", () => {
    const envelope = makeEnvelope({ ...least, payload: { ...least.payload, data: 1n } }, clock);
    assert.throws(() => encodeEnvelope(envelope), hasCode("ENVELOPE_INVALID"));
  });

  it("is read without a failure from any bytes", () => {
    const right = makeEnvelope(least, clock);
    const broken = fc.record(
      Object.fromEntries(Object.keys(right).map((key) => [key, fc.anything()])) as Record<
        keyof Envelope,
        fc.Arbitrary<unknown>
      >,
      { requiredKeys: [] },
    );
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      broken.map((fields) => Buffer.from(JSON.stringify({ ...right, ...fields }, plain))),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        const read = readEnvelope(given);
        if (read.kind === "envelope") checkEnvelope(read.envelope);
      }),
    );
  });
});

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
