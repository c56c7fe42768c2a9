// The actors of a cluster: every node, and every thread of a node, imports this module.
import { actor, defineApp } from "myriad-runtime/runtime";

const greeter = actor({
  name: "greeter",
  initial: (node) => ({ node, greeted: 0 }),
  receive({ node, greeted }, { name, reply }) {
    reply.send(`Hello ${name}, says ${node}; you are number ${greeted + 1}`);
    return { node, greeted: greeted + 1 };
  },
});

export const app = defineApp({ actors: [greeter], module: import.meta.url });

// Called once a node, before it says that it is ready.
export function start(node) {
  const greeters = node.system.spawn(greeter, node.name, { name: "greeter" });
  node.log.info("the greeter is here", { address: greeters.address });
  node.add({
    name: "greeter",
    // Takes no new work, and resolves when what was begun is done.
    drain: async () => node.log.info("no more greetings"),
  });
}
