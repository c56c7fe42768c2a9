import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RequestMultiplexer } from "../../../cluster/nats/request-multiplexer.ts";
import type { Nats } from "../../../cluster/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

describe("requests over one subscription", () => {
  let test: NatsForTest;
  let nats: Nats;
  let requests: RequestMultiplexer;
  before(async () => {
    test = await openNats();
    nats = await test.connect();
    requests = new RequestMultiplexer(nats);
    const other = await test.connect();
    other.connection.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
    other.connection.subscribe("silent", { callback: () => undefined });
    await other.connection.flush();
  });
  after(() => test.close());

  it("get each its own answer, however many are under way", async () => {
    const asked = Array.from({ length: 5_000 }, (_, at) => requests.request("echo", `${at}`));
    assert.equal(requests.pending, 5_000);
    const answers = (await Promise.all(asked)).map((answer) => answer.string());
    assert.deepEqual(
      answers,
      Array.from({ length: 5_000 }, (_, at) => `${at}`),
    );
    assert.equal(requests.pending, 0);
  });

  it("fail at once when nobody listens", async () => {
    await assert.rejects(requests.request("nobody", ""), hasCode("NATS_NO_RESPONDERS"));
  });

  it("fail in time when nobody answers, and nothing of them stays", async () => {
    const asked = requests.request("silent", "", { timeoutMs: 50 });
    const answered = requests.request("echo", "still");
    await assert.rejects(asked, hasCode("NATS_TIMED_OUT"));
    assert.equal((await answered).string(), "still");
    assert.equal(requests.pending, 0);
  });

  it("fail when they are closed, and nothing is asked any more", async () => {
    const own = new RequestMultiplexer(nats);
    const asked = own.request("silent", "");
    own.close();
    own.close();
    await assert.rejects(asked, hasCode("NATS_CONNECTION_LOST"));
    await assert.rejects(own.request("echo", ""), hasCode("NATS_CONNECTION_LOST"));
  });

  it("fail at once when the connection is lost, and are answered again when it is back", async () => {
    const asked = requests.request("silent", "", { timeoutMs: 60_000 });
    const lost = assert.rejects(asked, hasCode("NATS_CONNECTION_LOST"));
    await nats.connection.flush();
    await test.server.stop("SIGKILL");
    await lost;
    await assert.rejects(requests.request("echo", ""), hasCode("NATS_CONNECTION_LOST"));
    await test.server.start();
    await eventually("an answer", () =>
      requests.request("echo", "back").then(
        (answer) => answer.string() === "back",
        () => false,
      ),
    );
  });
});
