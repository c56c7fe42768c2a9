import { createRequire } from "node:module";
import { serveActors } from "./workloads.js";

// Its module build names no extension that Node knows.
const { spawn, send } = createRequire(import.meta.url)("@onflow/util-actor");
const ASK = { expectReply: true, timeout: 0 };
let spawned = 0;

await serveActors({
  // An address of one's own: its automatic ones count from zero at every spawn.
  spawn: (receive) => spawn({ go: (ctx, letter, data) => receive(data) }, `a${spawned++}`),
  spawnServer: (answer) => spawn({ go: (ctx, letter, data) => letter.reply(answer(data)) }, `a${spawned++}`),
  tell: (actor, message) => send(actor, "go", message),
  ask: (actor, question) => send(actor, "go", question, ASK),
});
