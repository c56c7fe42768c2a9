/**
 * What is measured: workloads, how large, what their work must give, and the rows that come of them.
 * A size is what the subject does; a contender does a share of it (`contenders.ts`).
 */

export interface Plan {
  /** Unique. */
  readonly name: string;
  /** What the child process is asked for. */
  readonly workload: string;
  /** How much the subject does; a tenth of it warms up. */
  readonly size: number;
  readonly quickSize: number;
  /** Sizes are multiples of it; default 1. */
  readonly step?: number;
  /** The check that proves the work: what the child must give for that size. */
  readonly check: (size: number) => number;
  readonly rows: readonly RowPlan[];
}

export interface RowPlan {
  readonly name: string;
  readonly unit: string;
  /** `rate`: done / seconds; `figure`: what the child calls so. */
  readonly measure: "rate" | "figure";
  /** Null: nothing is required. */
  readonly bound: Bound | null;
  /** What a reader has to know to read the row. */
  readonly about?: string;
}

/** Against a contender by its name, `BEST_JS`, or `REQUIRED` with that figure in the row's unit. */
export type Bound = { readonly than: string; readonly required?: number } & (
  { readonly atLeast: number } | { readonly atMost: number }
);

/** The best of the actor libraries in JavaScript. */
export const BEST_JS = "best JS peer";
export const REQUIRED = "required";

const WINDOW_SUM = 499.5;
const ERLANG = "erlang";

const perSecond = (
  name: string,
  unit: string,
  bounds: readonly (readonly [than: string, atLeast: number])[],
  about?: string,
): readonly RowPlan[] =>
  bounds.map(([than, atLeast], index) => ({
    name: `${name} vs ${than}`,
    unit: `${unit}/s`,
    measure: "rate",
    bound: { than, atLeast },
    ...(about !== undefined && index === 0 ? { about } : {}),
  }));

const required = (bound: "atLeast" | "atMost", figure: number): Bound =>
  bound === "atLeast"
    ? { than: REQUIRED, required: figure, atLeast: 1 }
    : { than: REQUIRED, required: figure, atMost: 1 };

/** Windows of 1,000 messages with the values 0 … 999. */
const windowsSum = (size: number): number => size * WINDOW_SUM;
/** Answers of n + 1 to 0 … size − 1. */
const answersSum = (size: number): number => (size * (size + 1)) / 2;
/** Answers of n + 100 to 0 … size − 1. */
const textAnswersSum = (size: number): number => (size * (size - 1)) / 2 + 100 * size;
/** Values 0 … size − 1. */
const valuesSum = (size: number): number => (size * (size - 1)) / 2;

export const PLANS: readonly Plan[] = [
  {
    name: "tell",
    workload: "tell",
    size: 10_000_000,
    quickSize: 500_000,
    step: 10_000,
    check: windowsSum,
    rows: perSecond("tell, same thread", "messages", [
      [ERLANG, 2],
      [BEST_JS, 4],
      ["limit", 0.5],
    ]),
  },
  {
    name: "ping-pong",
    workload: "ping-pong",
    size: 2_000_000,
    quickSize: 200_000,
    check: (size) => 2 * size,
    rows: perSecond("ping-pong, same thread", "round trips", [
      [ERLANG, 5],
      [BEST_JS, 2.5],
    ]),
  },
  {
    name: "ask-1",
    workload: "ask-1",
    size: 3_000_000,
    quickSize: 100_000,
    check: answersSum,
    rows: perSecond(
      "ask, 1 outstanding, same thread",
      "asks",
      [
        [ERLANG, 4],
        [BEST_JS, 1],
      ],
      "Erlang by gen_server:call; onflow, xstate, effect, comedy and the limit without a deadline",
    ),
  },
  {
    name: "ask-1000",
    workload: "ask-1000",
    size: 1_000_000,
    quickSize: 100_000,
    check: answersSum,
    rows: perSecond("ask, 1,000 outstanding, same thread", "asks", [
      [ERLANG, 4],
      [BEST_JS, 1.3],
    ]),
  },
  {
    name: "spawn-100k",
    workload: "spawn",
    size: 100_000,
    quickSize: 10_000,
    check: valuesSum,
    rows: perSecond("spawn and one message, 100 k actors", "actors", [
      [ERLANG, 2],
      [BEST_JS, 6],
    ]),
  },
  {
    name: "spawn-1m",
    workload: "spawn",
    size: 1_000_000,
    quickSize: 20_000,
    check: valuesSum,
    rows: perSecond("spawn and one message, 1 M actors", "actors", [
      [ERLANG, 2],
      [BEST_JS, 6],
    ]),
  },
  {
    name: "memory",
    workload: "memory",
    size: 100_000,
    quickSize: 10_000,
    check: (size) => size,
    rows: [
      {
        name: "memory of an idle actor",
        unit: "bytes",
        measure: "figure",
        bound: required("atMost", 600),
      },
      {
        name: "memory of an idle actor vs best JS peer",
        unit: "bytes",
        measure: "figure",
        bound: { than: BEST_JS, atMost: 0.5 },
      },
    ],
  },
  {
    name: "memory-told",
    workload: "memory-told",
    size: 100_000,
    quickSize: 10_000,
    check: (size) => size,
    rows: [
      {
        name: "memory of an idle actor that has handled a message",
        unit: "bytes",
        measure: "figure",
        bound: null,
      },
    ],
  },
  {
    name: "fan-in",
    workload: "fan-in",
    size: 2_500_000,
    quickSize: 100_000,
    step: 50_000,
    check: (size) => (size / 50_000) * 5 * valuesSum(10_000),
    rows: perSecond("fan-in 10,000 to 1", "messages", [
      [ERLANG, 1],
      [BEST_JS, 1.7],
    ]),
  },
  {
    name: "restarts",
    workload: "restarts",
    size: 50_000,
    quickSize: 5_000,
    check: (size) => size,
    rows: perSecond(
      "restarts",
      "restarts",
      [
        [ERLANG, 2],
        ["nact", 1.5],
      ],
      "Erlang by a hand-written loop, under a registered name; xstate and CAF likewise, without a name; effect by retry",
    ),
  },
  {
    name: "thread-ask-1",
    workload: "thread-ask-1",
    size: 200_000,
    quickSize: 2_000,
    check: textAnswersSum,
    rows: perSecond(
      "ask across threads, 1 outstanding",
      "asks",
      [
        ["postMessage", 10],
        [ERLANG, 1.5],
      ],
      "a number and 100 characters; Erlang with two schedulers and one side bound to each; CAF with a detached server",
    ),
  },
  {
    name: "thread-ask-1000",
    workload: "thread-ask-1000",
    size: 500_000,
    quickSize: 20_000,
    check: textAnswersSum,
    rows: perSecond("ask across threads, 1,000 outstanding", "asks", [
      ["postMessage", 4],
      ["comedy", 10],
      ["piscina", 10],
      ["caf", 1.2],
    ]),
  },
  {
    name: "thread-tell",
    workload: "thread-tell",
    size: 4_000_000,
    quickSize: 200_000,
    step: 10_000,
    check: windowsSum,
    rows: perSecond(
      "tell across threads, typed small messages",
      "messages",
      [
        ["postMessage batched", 1],
        ["comedy", 10],
      ],
      "two numbers; batched by hand in arrays of 1,000; `myriad general` is the same without a layout",
    ),
  },
  {
    name: "thread-bulk",
    workload: "thread-bulk",
    size: 5_000,
    quickSize: 300,
    check: (size) => size,
    rows: perSecond("1 MB typed array to another thread and back", "round trips", [["postMessage", 0.9]]),
  },
  {
    name: "idle-cpu",
    workload: "idle-cpu",
    size: 5_000,
    quickSize: 500,
    check: () => 4,
    rows: [
      {
        name: "idle CPU of a system with 4 threads",
        unit: "cores",
        measure: "figure",
        bound: required("atMost", 0.01),
      },
    ],
  },
  {
    name: "timer-lateness",
    workload: "timer-lateness",
    size: 10_000_000,
    quickSize: 1_000_000,
    step: 10_000,
    check: windowsSum,
    rows: [
      {
        name: "timer lateness p99 while one actor is flooded",
        unit: "ms",
        measure: "figure",
        bound: required("atMost", 10),
      },
      {
        name: "tell during that vs no timer",
        unit: "messages/s",
        measure: "rate",
        bound: { than: "no timer", atLeast: 0.8 },
      },
    ],
  },
  {
    name: "world-steps",
    workload: "world-steps",
    size: 200_000,
    quickSize: 20_000,
    check: valuesSum,
    rows: [
      {
        name: "steps of the testkit's simulated world",
        unit: "steps/s",
        measure: "figure",
        bound: required("atLeast", 100_000),
        about: "3 nodes of 4 threads each, in one thread",
      },
    ],
  },
  {
    name: "events-1000",
    workload: "events-1000",
    size: 400_000,
    quickSize: 20_000,
    check: valuesSum,
    rows: [
      ...perSecond(
        "1,000 event-sourced actors, 300-byte events",
        "events",
        [["bare file, group commit", 0.5]],
        "each with one command under way, confirmed after its fdatasync",
      ),
      {
        name: "command latency p99 of 1,000 event-sourced actors",
        unit: "ms",
        measure: "figure",
        bound: required("atMost", 15),
      },
    ],
  },
  {
    name: "events-1",
    workload: "events-1",
    size: 10_000,
    quickSize: 500,
    check: valuesSum,
    rows: perSecond(
      "one event-sourced actor, every 300-byte event durable",
      "events",
      [["bare append + fdatasync", 0.8]],
      "one command under way",
    ),
  },
];
