/** tell, ping-pong, ask and fan-in on one thread; the peers' are in `bench/peers/workloads.js`. */
import { actor, createSystem } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply, SystemOptions } from "../../runtime/index.ts";
import { askSizeTimes, timed, type Measured, type Run } from "./measuring.ts";

const WINDOW = 1_000;
const SOURCES = 10_000;
/** 10,000 × 5 messages fit the default mailbox of 65,536. */
const BURST = 5;

interface Add {
  readonly kind: "add";
  readonly value: number;
}
interface Go {
  readonly kind: "go";
}
interface Ball {
  readonly kind: "ball";
  readonly count: number;
}
interface Question {
  readonly kind: "ask";
  readonly value: number;
  readonly reply: Reply<number>;
}

/** What the actors of one workload work on; it outlives the single run. */
interface Work {
  left: number;
  sum: number;
  seen: number;
  finish: (check: number) => void;
}

const newWork = (): Work => ({ left: 0, sum: 0, seen: 0, finish: () => undefined });

const begin = (work: Work, size: number, finish: (check: number) => void): void => {
  [work.left, work.sum, work.finish] = [size, 0, finish];
};

/** A driver tells windows of 1,000 messages to a sink, which asks for the next one. */
export function tell(options?: SystemOptions): Run {
  const flood = newFlood(options);
  return flood.run;
}

export interface Flood {
  readonly system: ReturnType<typeof createSystem>;
  readonly run: Run;
}

export function newFlood(options: SystemOptions = {}): Flood {
  const system = createSystem(options);
  const work = newWork();
  const sink: ActorRef<Add> = system.spawn(
    sinkOf(work, () => driver.tell({ kind: "go" })),
    undefined,
  );
  const driver: ActorRef<Go> = system.spawn(driverOf(work, sink), undefined);
  const run = (size: number): Promise<Measured> =>
    timed(size, (finish) => {
      begin(work, size, finish);
      driver.tell({ kind: "go" });
    });
  return { system, run };
}

function sinkOf(work: Work, onWindow: () => void): ActorType<undefined, Work, Add> {
  return actor({
    name: "sink",
    initial: () => work,
    receive(state, { value }: Add) {
      state.sum += value;
      if (++state.seen % WINDOW === 0) onWindow();
      return state;
    },
  });
}

function driverOf(work: Work, sink: ActorRef<Add>): ActorType<undefined, Work, Go> {
  return actor({
    name: "driver",
    initial: () => work,
    receive(state) {
      if (state.left === 0) state.finish(state.sum);
      else {
        state.left -= WINDOW;
        for (let value = 0; value < WINDOW; value++) sink.tell({ kind: "add", value });
      }
      return state;
    },
  });
}

export function pingPong(): Run {
  const system = createSystem();
  const work = newWork();
  const pong: ActorRef<Ball> = system.spawn(
    player("pong", ({ count }) => ping.tell({ kind: "ball", count: count + 1 })),
    undefined,
  );
  const ping: ActorRef<Ball> = system.spawn(
    player("ping", ({ count }) => {
      if (work.left-- === 0) work.finish(count);
      else pong.tell({ kind: "ball", count: count + 1 });
    }),
    undefined,
  );
  return (size) =>
    timed(size, (finish) => {
      begin(work, size, finish);
      ping.tell({ kind: "ball", count: 0 });
    });
}

function player(name: string, hit: (ball: Ball) => void): ActorType<undefined, null, Ball> {
  return actor({
    name,
    initial: () => null,
    receive(state, ball: Ball) {
      hit(ball);
      return state;
    },
  });
}

const server: ActorType<undefined, null, Question> = actor({
  name: "server",
  initial: () => null,
  receive(state, { value, reply }: Question) {
    reply.send(value + 1);
    return state;
  },
});

export function ask(outstanding: number): Run {
  const ref = createSystem().spawn(server, undefined);
  return askSizeTimes(outstanding, (value) =>
    ref.ask((reply: Reply<number>) => ({ kind: "ask", value, reply })),
  );
}

/** 10,000 sources send five messages each to one sink; when all have come, it asks them for more. */
export function fanIn(): Run {
  const system = createSystem();
  const work = newWork();
  const sources: ActorRef<Go>[] = [];
  const round = (): void => {
    for (const source of sources) source.tell({ kind: "go" });
  };
  const sink = system.spawn(roundsSink(work, round), undefined);
  const source = sourceOf(sink);
  for (let value = 0; value < SOURCES; value++) sources.push(system.spawn(source, value));
  return (size) => {
    const rounded = Math.ceil(size / (SOURCES * BURST)) * SOURCES * BURST;
    return timed(rounded, (finish) => {
      begin(work, rounded, finish);
      round();
    });
  };
}

function roundsSink(work: Work, round: () => void): ActorType<undefined, Work, Add> {
  return actor({
    name: "sink",
    initial: () => work,
    receive(state, { value }: Add) {
      state.sum += value;
      if (++state.seen % (SOURCES * BURST) !== 0) return state;
      state.left -= SOURCES * BURST;
      if (state.left > 0) round();
      else state.finish(state.sum);
      return state;
    },
  });
}

function sourceOf(sink: ActorRef<Add>): ActorType<number, number, Go> {
  return actor({
    name: "source",
    initial: (value: number) => value,
    receive(value) {
      for (let index = 0; index < BURST; index++) sink.tell({ kind: "add", value });
      return value;
    },
  });
}
