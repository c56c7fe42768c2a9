/** An actor is a fiber that takes from its queue; an ask carries a deferred. */
import { Deferred, Effect, Queue } from "effect";
import { serve, timed } from "./child.js";
import { actorWorkloads } from "./workloads.js";

const BATCH = 1_000;
const fiber = (effect) => Effect.runFork(effect);

function spawn(receive) {
  const queue = Effect.runSync(Queue.unbounded());
  const handle = (messages) => {
    for (const message of messages) receive(message);
  };
  fiber(Effect.forever(Effect.map(Queue.takeBetween(queue, 1, BATCH), handle)));
  return queue;
}

const spawnServer = (answer) =>
  spawn(({ question, reply }) => {
    Deferred.doneUnsafe(reply, Effect.succeed(answer(question)));
  });

function request(queue, question) {
  const reply = Deferred.makeUnsafe();
  Queue.offerUnsafe(queue, { question, reply });
  return reply;
}

/** Clients that are fibers themselves: `runPromise` an ask would cost more than the ask. */
function askWith(outstanding) {
  const server = spawnServer(({ value }) => value + 1);
  let next = 0;
  let sum = 0;
  const client = (size) =>
    Effect.whileLoop({
      while: () => next < size,
      body: () => Deferred.await(request(server, { kind: "ask", value: next++ })),
      step(answer) {
        sum += answer;
      },
    });
  return (size) =>
    timed(size, async (resolve) => {
      [next, sum] = [0, 0];
      await Effect.runPromise(
        Effect.all(
          Array.from({ length: outstanding }, () => client(size)),
          { concurrency: "unbounded", discard: true },
        ),
      );
      resolve(sum);
    });
}

const workloads = actorWorkloads({
  spawn,
  tell: Queue.offerUnsafe,
  restart(size, restarted) {
    let lives = -1;
    const life = Effect.suspend(() => {
      if (++lives > 0) restarted();
      return Effect.fail(new Error("crash"));
    });
    fiber(Effect.retry(life, { times: size }));
  },
});

await serve({ ...workloads, "ask-1": () => askWith(1), "ask-1000": () => askWith(1_000) });
