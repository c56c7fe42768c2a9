/** A node of its own process, for tests that kill and freeze it: `node sharded-node-process.js NAME LEASE_MS URL…` */
import { connectNats, openJetStreamJournal, type Nats } from "../../cluster/index.ts";
import { SUBJECTS, startNode } from "./sharded-nodes.ts";

const [name, leaseMs, ...servers] = process.argv.slice(2);
const nodes = {
  connect: (): Promise<Nats> => connectNats({ servers, name: name!, connectMs: 60_000 }),
};
const journal = await openJetStreamJournal(await nodes.connect(), SUBJECTS);
const node = await startNode(nodes, name!, journal, { member: { leaseMs: Number(leaseMs) } });
process.send!("ready");
process.on("disconnect", () => process.exit());
// Timers of the clock keep nobody alive.
setInterval(() => node.membership.setLoad(node.region.info().here.actors), 500);
