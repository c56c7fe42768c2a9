/** Services as others see them: by NATS' own discovery client, and by whoever means ill. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { headers } from "@nats-io/nats-core";
import type { Msg, NatsConnection, Payload } from "@nats-io/nats-core";
import { Svcm } from "@nats-io/services";
import { Packr } from "msgpackr";
import { clusterError } from "../../../cluster/errors.ts";
import { MicroService, type Endpoint, type Nats } from "../../../cluster/index.ts";
import { MOST_AT_A_TIME } from "../../../cluster/services/micro-service.ts";
import { record } from "../../../cluster/services/schema.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

interface Doubled {
  readonly of: number;
}

const SPEC = {
  right: "read",
  request: record({ of: { type: "number" } }),
  reply: record({ doubled: { type: "number" } }),
} as const;

function double(subject: string): Endpoint {
  const answer = (request: unknown): Promise<unknown> =>
    Promise.resolve({ doubled: 2 * (request as Doubled).of });
  return { ...SPEC, name: "double", subject, answer };
}

function failing(subject: string, thrown: unknown): Endpoint {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handlers of others may reject with anything
  return { ...SPEC, name: "fail", subject, answer: () => Promise.reject(thrown) };
}

const OPTIONS = { name: "doubler", version: "1.2.3", description: "doubles", metadata: { room: "test" } };

describe("a micro-service", () => {
  let test: NatsForTest;
  let nats: Nats;
  let connection: NatsConnection;
  before(async () => {
    test = await openNats();
    nats = await test.connect();
    connection = nats.connection;
  });
  after(() => test.close());

  const ask = async (subject: string, data: Payload, contentType?: string): Promise<Msg> => {
    const given = headers();
    if (contentType !== undefined) given.set("content-type", contentType);
    return await connection.request(subject, data, { timeout: 30_000, headers: given });
  };
  const code = async (subject: string, data: Payload, contentType?: string): Promise<string> => {
    const { headers: told, ...reply } = await ask(subject, data, contentType).then((message) => ({
      headers: message.headers,
      body: message.json<{ readonly code: string; readonly stack: unknown; readonly cause: unknown }>(),
    }));
    assert.ok((told?.get("Nats-Service-Error") ?? "").length > 0);
    assert.deepEqual([reply.body.stack, reply.body.cause], [null, null]);
    return `${told?.get("Nats-Service-Error-Code") ?? ""} ${reply.body.code}`;
  };

  it("is found by NATS' own client, by everybody, by name and by id", async () => {
    const clock = new VirtualClock();
    const one = new MicroService(connection, { ...OPTIONS, clock }, [double("found.double")]);
    const two = new MicroService(connection, OPTIONS, [double("found.double")]);
    const client = new Svcm(connection).client({
      maxWait: 30_000,
      strategy: "count",
      maxMessages: 2,
    } as never);
    const ids: string[] = [];
    for await (const ping of await client.ping("doubler")) {
      assert.equal(ping.type, "io.nats.micro.v1.ping_response");
      assert.deepEqual([ping.name, ping.version, ping.metadata], ["doubler", "1.2.3", { room: "test" }]);
      ids.push(ping.id);
    }
    assert.deepEqual(ids.toSorted(), [one.id, two.id].toSorted());
    const single = new Svcm(connection).client({
      maxWait: 30_000,
      strategy: "count",
      maxMessages: 1,
    } as never);
    for await (const info of await single.info("doubler", one.id)) {
      assert.equal(info.type, "io.nats.micro.v1.info_response");
      assert.equal(info.description, "doubles");
      const [endpoint] = info.endpoints;
      assert.deepEqual(
        [endpoint?.name, endpoint?.subject, endpoint?.queue_group],
        ["double", "found.double", "myriad"],
      );
      assert.equal(endpoint?.metadata?.["right"], "read");
      assert.deepEqual(JSON.parse(endpoint.metadata["request_schema"] ?? ""), SPEC.request);
    }
    await Promise.all([one.close(), two.close()]);
    await assert.rejects(connection.request("$SRV.PING.doubler", "", { timeout: 5_000 }), /no responders/i);
  });

  it("is answered once, by one of several instances, and counts what it did", async () => {
    const services = [1, 2].map(
      () =>
        new MicroService(connection, OPTIONS, [
          double("one.double"),
          failing("one.fail", clusterError("JOB_UNKNOWN", "none\nsuch")),
        ]),
    );
    const replies: number[] = [];
    for (let of = 1; of <= 20; of++) {
      const reply = await ask("one.double", JSON.stringify({ of }));
      assert.equal(reply.headers?.get("Content-Type"), "application/json");
      replies.push(reply.json<{ readonly doubled: number }>().doubled);
    }
    assert.deepEqual(
      replies,
      Array.from({ length: 20 }, (_, index) => 2 * (index + 1)),
    );
    assert.equal(await code("one.fail", '{"of":1}'), "404 JOB_UNKNOWN");
    connection.publish("one.double", '{"of":1}');
    await connection.flush();

    const client = new Svcm(connection).client({
      maxWait: 30_000,
      strategy: "count",
      maxMessages: 2,
    } as never);
    const sums = { double: [0, 0], fail: [0, 0] };
    for await (const stats of await client.stats("doubler")) {
      assert.equal(stats.type, "io.nats.micro.v1.stats_response");
      assert.ok(Date.parse(stats.started) > 0);
      for (const one of stats.endpoints ?? []) {
        const sum = sums[one.name as "double" | "fail"];
        sum[0]! += one.num_requests;
        sum[1]! += one.num_errors;
        if (one.num_requests > 0) assert.ok(Number.isInteger(one.average_processing_time));
        if (one.name === "fail" && one.num_errors > 0)
          assert.match(one.last_error ?? "", /JOB_UNKNOWN: none/);
      }
    }
    assert.deepEqual(sums, { double: [21, 1], fail: [1, 1] });
    await Promise.all(services.map((service) => service.close()));
  });

  it("answers in the form of the request", async () => {
    const service = new MicroService(connection, OPTIONS, [double("form.double")]);
    const packer = new Packr({ useRecords: false });
    const reply = await ask("form.double", packer.pack({ of: 4 }), "application/msgpack");
    assert.equal(reply.headers?.get("Content-Type"), "application/msgpack");
    assert.deepEqual(packer.unpack(reply.data), { doubled: 8 });
    const refused = await ask("form.double", packer.pack({ of: "4" }), "application/msgpack");
    assert.equal((packer.unpack(refused.data) as { readonly code: string }).code, "REQUEST_INVALID");
    await service.close();
  });

  it("refuses what is hostile by a code, and answers the next one", async () => {
    const secret = new Error("the password is 1234");
    const endpoints = [double("bad.double"), failing("bad.fail", secret), failing("bad.odd", "a text")];
    const service = new MicroService(connection, OPTIONS, endpoints);
    assert.equal(await code("bad.double", "{"), "400 REQUEST_UNREADABLE");
    assert.equal(await code("bad.double", "[".repeat(100_000)), "400 REQUEST_UNREADABLE");
    assert.equal(await code("bad.double", Uint8Array.of(0xff, 0xfe)), "400 REQUEST_UNREADABLE");
    assert.equal(await code("bad.double", "[]"), "400 REQUEST_INVALID");
    assert.equal(await code("bad.double", ""), "400 REQUEST_INVALID");
    assert.equal(await code("bad.double", '{"of":1,"__proto__":{}}'), "400 REQUEST_INVALID");
    assert.equal(await code("bad.double", '{"of":1,"more":1}'), "400 REQUEST_INVALID");
    assert.equal(await code("bad.double", '{"of":"1"}'), "400 REQUEST_INVALID");
    assert.equal(await code("bad.double", '{"of":1}', "text/xml"), "415 REQUEST_TYPE_UNKNOWN");
    assert.equal(await code("bad.double", new Uint8Array(600_000)), "413 REQUEST_TOO_LARGE");
    const untold = await ask("bad.fail", '{"of":1}');
    assert.doesNotMatch(untold.string() + (untold.headers?.get("Nats-Service-Error") ?? ""), /1234/);
    assert.equal(await code("bad.fail", '{"of":1}'), "500 UNEXPECTED");
    assert.equal(await code("bad.odd", '{"of":1}'), "500 UNEXPECTED");
    const where = (await ask("bad.double", '{"of":null}')).json<{ readonly location: string }>();
    assert.equal(where.location, "of");
    assert.deepEqual((await ask("bad.double", '{"of":3}')).json(), { doubled: 6 });
    await service.close();
  });

  it("refuses a reply that no message can hold", async () => {
    const answer = (): Promise<unknown> => Promise.resolve({ text: "x".repeat(1_100_000) });
    const service = new MicroService(connection, OPTIONS, [{ ...double("large.double"), answer }]);
    assert.equal(await code("large.double", '{"of":1}'), "500 REPLY_TOO_LARGE");
    await service.close();
  });

  it("refuses what is more than it can do at a time, and lets what it took end before it closes", async () => {
    const waiting: (() => void)[] = [];
    const answer = (): Promise<unknown> =>
      new Promise((resolve) => waiting.push(() => resolve({ doubled: 0 })));
    const service = new MicroService(connection, OPTIONS, [{ ...double("busy.double"), answer }]);
    const asked = Array.from({ length: MOST_AT_A_TIME }, () => ask("busy.double", '{"of":1}'));
    await eventually("all are taken", () => waiting.length === MOST_AT_A_TIME);
    assert.equal(await code("busy.double", '{"of":1}'), "503 SERVICE_BUSY");
    let isClosed = false;
    const closed = service.close().then(() => (isClosed = true));
    await connection.flush();
    assert.equal(isClosed, false);
    for (const resolve of waiting) resolve();
    const replies = await Promise.all(asked);
    assert.ok(replies.every((reply) => !reply.headers?.has("Nats-Service-Error")));
    await closed;
  });
});
