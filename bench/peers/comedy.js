/** In memory for one thread, "threaded" between two. It restarts only processes and threads, not actors. */
import { createRequire } from "node:module";
import { serve } from "./child.js";
import { threadWorkloads } from "./thread-workloads.js";
import { actorWorkloads } from "./workloads.js";

const actors = createRequire(import.meta.url)("comedy");
const root = await actors({ test: true }).rootActor();

/** Goes to the other thread as text, and methods do not survive that. */
const SUMMER = {
  initialize: function () {
    this.sum = 0;
  },
  ask: function ({ id, text }) {
    return id + text.length;
  },
  add: function ({ value }) {
    this.sum += value;
  },
  total: function () {
    return this.sum;
  },
};

await serve({
  ...actorWorkloads({
    spawn: (receive) => root.createChild({ go: receive }),
    spawnServer: (answer) => root.createChild({ go: answer }),
    tell: (actor, message) => void actor.send("go", message),
    ask: (actor, question) => actor.sendAndReceive("go", question),
  }),
  ...threadWorkloads(async () => {
    const actor = await root.createChild(SUMMER, { mode: "threaded" });
    return {
      ask: (message) => actor.sendAndReceive("ask", message),
      tell: (message) => void actor.send("add", message),
      total: () => actor.sendAndReceive("total"),
    };
  }),
});
