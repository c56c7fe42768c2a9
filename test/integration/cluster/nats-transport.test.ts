import { after, before, describe } from "node:test";
import { natsTransport, Subjects, type Nats } from "../../../cluster/index.ts";
import { nodesContract } from "../../contract/nodes-contract.ts";
import { transportContract } from "../../contract/transport-contract.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";

describe("the transport over NATS", () => {
  let test: NatsForTest;
  let nats: Nats;
  before(async () => {
    test = await openNats();
    nats = await test.connect();
  });
  after(() => test.close());

  const subjects = new Subjects("test");
  transportContract(
    () => natsTransport(nats, subjects),
    () => nats.connection.flush(),
  );
  nodesContract(() => natsTransport(nats, subjects));
});
