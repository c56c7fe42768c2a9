/* global queueMicrotask */
import { createActor, fromTransition } from "xstate";
import { serveActors } from "./workloads.js";

const spawn = (receive) =>
  createActor(
    fromTransition((state, event) => {
      receive(event);
      return state;
    }, null),
  ).start();

await serveActors({
  spawn,
  spawnServer: (answer) =>
    spawn(({ question, reply }) => {
      reply(answer(question));
    }),
  tell: (actor, { kind, value, count }) => actor.send({ type: kind, value, count }),
  ask: (actor, question) =>
    new Promise((reply) => {
      actor.send({ type: "ask", question, reply });
    }),
  // xstate restarts nothing: whoever sees the error starts another actor.
  restart(size, restarted) {
    let lives = 0;
    const live = () => {
      const actor = createActor(
        fromTransition(() => {
          throw new Error("crash");
        }, null),
      );
      actor.subscribe({
        error() {
          restarted();
          if (++lives < size) queueMicrotask(live);
        },
      });
      actor.start().send({ type: "crash" });
    };
    live();
  },
});
