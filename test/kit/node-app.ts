/** An app for nodes: each begins with a worker that other nodes can ask, and says in a file how it ended. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import type { ClusterNode } from "../../cluster/index.ts";
import { actor, defineApp } from "../../runtime/index.ts";
import type { ActorType, App, Reply } from "../../runtime/index.ts";

export type WorkMessage =
  | { readonly kind: "who"; readonly reply: Reply<string> }
  /** Answers after so long. */
  | { readonly kind: "work"; readonly ms: number; readonly reply: Reply<string> };

export const worker: ActorType<string, string, WorkMessage> = actor({
  name: "worker",
  initial: (name: string) => name,
  receive(name, message: WorkMessage) {
    if (message.kind === "work") void after(message.ms).then(() => message.reply.send(name));
    else message.reply.send(name);
    return name;
  },
});

export const app: App = defineApp({ actors: [worker], module: import.meta.url });

/** What a process of tests can make of it: a part that never ends, or a server that nobody closes. */
export function start(node: ClusterNode): void {
  node.system.spawn(worker, node.name, { name: "worker" });
  const file = join(node.config.state, `${node.name}.ends`);
  const isSlow = process.env["TEST_NODE"] === "slow";
  node.add({
    name: "notes",
    drain: async () => {
      await appendFile(file, "drain\n");
      if (isSlow) await new Promise(() => undefined);
    },
    async close() {
      await appendFile(file, "close\n");
    },
  });
  if (process.env["TEST_NODE"] === "crash") {
    setImmediate(() => {
      throw new Error("a surprise");
    });
  }
  setInterval(() => undefined, 1_000);
}
