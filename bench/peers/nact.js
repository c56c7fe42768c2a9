import { dispatch, query, spawn, start } from "nact";
import { serveActors } from "./workloads.js";

const system = start();
const TIMEOUT_MS = 60_000;
let names = 0;
/** Its own names are random numbers of 32 bits, of which a hundred thousand actors often share one. */
const name = () => `actor${++names}`;

await serveActors({
  spawn: (receive) =>
    spawn(
      system,
      (_, message) => {
        receive(message);
      },
      name(),
    ),
  spawnServer: (answer) =>
    spawn(
      system,
      (_, { question, reply }) => {
        dispatch(reply, answer(question));
      },
      name(),
    ),
  tell: dispatch,
  ask: (actor, question) => query(actor, (reply) => ({ question, reply }), TIMEOUT_MS),
  restart(size, restarted) {
    let lives = -1;
    const actor = spawn(
      system,
      () => {
        throw new Error("crash");
      },
      "crasher" + size,
      {
        onCrash: (message, error, ctx) => ctx.reset,
        initialStateFunc: () => {
          // The first life is no restart.
          if (++lives > 0) restarted();
        },
      },
    );
    for (let index = 0; index < size; index++) dispatch(actor, { kind: "crash" });
  },
});
