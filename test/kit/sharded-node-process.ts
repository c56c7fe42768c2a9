/** A node of its own process, for tests that kill and freeze it: `node sharded-node-process.js NAME URL…` */
import { connectNats, openJetStreamJournal, type Nats } from "../../cluster/index.ts";
import { SUBJECTS, startNode } from "./sharded-nodes.ts";

const [name, ...servers] = process.argv.slice(2);
const nodes = {
  connect: (): Promise<Nats> => connectNats({ servers, name: name!, connectMs: 60_000 }),
};
const node = await startNode(nodes, name!, await openJetStreamJournal(await nodes.connect(), SUBJECTS));
process.send!("ready");
process.on("disconnect", () => process.exit());
// Timers of the clock keep nobody alive.
setInterval(() => node.membership.setLoad(node.region.info().here.actors), 500);
