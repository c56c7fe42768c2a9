/**
 * The workloads on one thread, for every peer that is an actor library: the same logic as the runtime's own.
 *
 * A library is
 *     spawn(receive)           an actor that calls receive(message); gives its ref, or a promise of it
 *     spawnServer(answer)      an actor that answers an ask with answer(message)
 *     tell(ref, message)
 *     ask(ref, message)        gives a promise of the answer
 *     restart?(size, restarted) crashes an actor `size` times; calls restarted() in each new life
 */
import { serve, timed, weighed } from "./child.js";

const WINDOW = 1_000;
const SOURCES = 10_000;
const BURST = 5;

export const serveActors = (library) => serve(actorWorkloads(library));

export function actorWorkloads(library) {
  return {
    tell: () => tell(library),
    "ping-pong": () => pingPong(library),
    "ask-1": () => ask(library, 1),
    "ask-1000": () => ask(library, 1_000),
    spawn: () => spawnMany(library),
    memory: () => (size) => weighed(size, (count) => idle(library, count)),
    "fan-in": () => fanIn(library),
    restarts: () => restarts(library),
  };
}

/** A driver tells windows of 1,000 messages to a sink, which asks for the next one. */
async function tell({ spawn, tell: send }) {
  let left = 0;
  let sum = 0;
  let seen = 0;
  let finish;
  const sink = await spawn((message) => {
    sum += message.value;
    if (++seen % WINDOW === 0) send(driver, { kind: "go" });
  });
  const driver = await spawn(() => {
    if (left === 0) {
      finish(sum);
      return;
    }
    left -= WINDOW;
    for (let value = 0; value < WINDOW; value++) send(sink, { kind: "add", value });
  });
  return (size) =>
    timed(size, (resolve) => {
      [left, sum, finish] = [size, 0, resolve];
      send(driver, { kind: "go" });
    });
}

async function pingPong({ spawn, tell: send }) {
  let left = 0;
  let finish;
  const pong = await spawn(({ count }) => {
    send(ping, { kind: "ball", count: count + 1 });
  });
  const ping = await spawn(({ count }) => {
    if (left-- === 0) finish(count);
    else send(pong, { kind: "ball", count: count + 1 });
  });
  return (size) =>
    timed(size, (resolve) => {
      [left, finish] = [size, resolve];
      send(ping, { kind: "ball", count: 0 });
    });
}

async function ask({ spawnServer, ask: request }, outstanding) {
  const server = await spawnServer(({ value }) => value + 1);
  return (size) =>
    timed(size, async (resolve) => {
      let sum = 0;
      let next = 0;
      const client = async () => {
        while (next < size) {
          const answer = await request(server, { kind: "ask", value: next++ });
          sum += answer;
        }
      };
      await Promise.all(Array.from({ length: outstanding }, client));
      resolve(sum);
    });
}

function spawnMany({ spawn, tell: send }) {
  return (size) =>
    timed(size, async (resolve) => {
      let sum = 0;
      let seen = 0;
      const receive = ({ value }) => {
        sum += value;
        if (++seen === size) resolve(sum);
      };
      const refs = [];
      for (let value = 0; value < size; value++) {
        const spawned = spawn(receive);
        const ref = isPromise(spawned) ? await spawned : spawned;
        refs.push(ref);
        send(ref, { kind: "add", value });
      }
    });
}

async function idle({ spawn }, count) {
  const receive = () => undefined;
  const refs = new Array(count);
  for (let index = 0; index < count; index++) {
    const spawned = spawn(receive);
    refs[index] = isPromise(spawned) ? await spawned : spawned;
  }
  return refs;
}

const isPromise = (value) => typeof value.then === "function";

/** 10,000 sources send five messages each to one sink; when all have come, it asks them for more. */
async function fanIn({ spawn, tell: send }) {
  let left = 0;
  let sum = 0;
  let seen = 0;
  let finish;
  const sources = [];
  const sink = await spawn(({ value }) => {
    sum += value;
    if (++seen % (SOURCES * BURST) !== 0) return;
    left -= SOURCES * BURST;
    if (left > 0) round();
    else finish(sum);
  });
  for (let value = 0; value < SOURCES; value++) {
    const source = await spawn(() => {
      for (let index = 0; index < BURST; index++) send(sink, { kind: "add", value });
    });
    sources.push(source);
  }
  const round = () => {
    for (const source of sources) send(source, { kind: "go" });
  };
  return (size) => {
    const rounded = Math.ceil(size / (SOURCES * BURST)) * SOURCES * BURST;
    return timed(rounded, (resolve) => {
      [left, sum, finish] = [rounded, 0, resolve];
      round();
    });
  };
}

function restarts({ restart }) {
  return (size) =>
    timed(size, (resolve) => {
      let lives = 0;
      return restart(size, () => {
        if (++lives === size) resolve(lives);
      });
    });
}
