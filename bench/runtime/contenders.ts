/** Who takes part: the subject, its rivals, and how a process of each is started. */
import { join } from "node:path";
import type { Plan } from "./plan.ts";

export interface Contender {
  readonly name: string;
  /** What it needs; `null` is the project itself. A contender that lacks it is missing. */
  readonly needs: "npm" | "erlang" | "caf" | null;
  /** An actor library in JavaScript, one of those that `best JS peer` is chosen from. */
  readonly library: boolean;
  /** The share of a plan's size that it does, by the plan's name; a plan that is not named it lacks. */
  readonly shares: Readonly<Record<string, number>>;
  readonly start: (plan: Plan, size: number) => Command;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The one that all others are held against. */
export const SUBJECT = "myriad";

export interface Places {
  /** The subject's child, of the running build. */
  readonly child: string;
  /** `bench/peers`. */
  readonly peers: string;
  /** Where the native peers are compiled to. */
  readonly native: string;
  /** Where workloads keep files while they run. */
  readonly files: string;
}

/** A million actors of some peers need more than V8's own limit. */
const NODE_FLAGS = ["--expose-gc", "--max-old-space-size=8192"] as const;

export function contendersAt({ child, peers, native, files }: Places): readonly Contender[] {
  const node =
    (file: string, variant = "", rename?: string) =>
    (plan: Plan, size: number): Command => ({
      file: process.execPath,
      args: [...NODE_FLAGS, file, rename ?? plan.workload, String(size), variant, files],
    });
  const peer = (name: string, shares: Contender["shares"], file = `${name}.js`, variant = ""): Contender => ({
    name,
    needs: "npm",
    library: false,
    shares,
    start: node(join(peers, file), variant),
  });
  const own = (name: string, shares: Contender["shares"], variant: string, rename?: string): Contender => ({
    name,
    needs: null,
    library: false,
    shares,
    start: node(child, variant, rename),
  });
  const library = (name: string, shares: Contender["shares"]): Contender => ({
    ...peer(name, shares),
    library: true,
  });
  const onThreads = ({ workload }: Plan): string => (workload.startsWith("thread-") ? "2" : "1");
  return [
    own(SUBJECT, EVERYTHING, "typed"),
    own("myriad general", GENERAL, "general"),
    own("no timer", { "timer-lateness": 1 }, "typed", "tell"),
    { ...peer("limit", LIMIT), needs: null },
    library("nact", NACT),
    library("xstate", XSTATE),
    library("onflow", ONFLOW),
    library("effect", EFFECT),
    library("comedy", COMEDY),
    { ...peer("postMessage", POST_MESSAGE, "post-message.js"), needs: null },
    {
      ...peer("postMessage batched", { "thread-tell": 0.3 }, "post-message.js", "batched"),
      needs: null,
    },
    ...BARE_FILES.map(([name, plan]) => ({ ...peer(name, { [plan]: 1 }, "bare-file.js"), needs: null })),
    peer("comlink", { "thread-ask-1": 0.05, "thread-ask-1000": 0.1 }),
    peer("piscina", { "thread-ask-1": 0.05, "thread-ask-1000": 0.1 }),
    {
      name: "erlang",
      needs: "erlang",
      library: false,
      shares: ERLANG,
      start: (plan, size) => {
        const schedulers = onThreads(plan);
        const flags = `-noshell -noinput +S ${schedulers}:${schedulers} +P 4000000 -pa`.split(" ");
        const call = ["-run", "erlang_peer", "main", plan.workload, String(size)];
        return { file: "erl", args: [...flags, native, ...call] };
      },
    },
    {
      name: "caf",
      needs: "caf",
      library: false,
      shares: CAF,
      // A detached actor has a thread beside those of the scheduler.
      start: (plan, size) => ({
        file: join(native, "caf_peer"),
        args: [plan.workload, String(size), "1"],
      }),
    },
  ];
}

const EVERYTHING = {
  tell: 1,
  "ping-pong": 1,
  "ask-1": 1,
  "ask-1000": 1,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 1,
  "memory-told": 1,
  "fan-in": 1,
  restarts: 1,
  "thread-ask-1": 1,
  "thread-ask-1000": 1,
  "thread-tell": 1,
  "thread-bulk": 1,
  "idle-cpu": 1,
  "timer-lateness": 1,
  "world-steps": 1,
  "events-1000": 1,
  "events-1": 1,
};
const BARE_FILES = [
  ["bare file, group commit", "events-1000"],
  ["bare append + fdatasync", "events-1"],
] as const;
const GENERAL = { "thread-ask-1": 0.5, "thread-ask-1000": 1, "thread-tell": 0.2 };
const LIMIT = {
  tell: 1,
  "ping-pong": 1,
  "ask-1": 1,
  "ask-1000": 1,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 1,
  "fan-in": 1,
  restarts: 1,
};
const NACT = {
  tell: 0.03,
  "ping-pong": 0.1,
  "ask-1": 0.2,
  "ask-1000": 0.1,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 1,
  "fan-in": 0.1,
  restarts: 0.5,
};
const XSTATE = {
  tell: 0.2,
  "ping-pong": 0.3,
  "ask-1": 0.5,
  "ask-1000": 0.5,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 0.5,
  "fan-in": 0.3,
  restarts: 0.3,
};
const ONFLOW = {
  tell: 0.1,
  "ping-pong": 0.5,
  "ask-1": 1,
  "ask-1000": 0.5,
  "spawn-100k": 1,
  memory: 0.5,
  "fan-in": 0.01,
};
const EFFECT = {
  tell: 0.3,
  "ping-pong": 0.1,
  "ask-1": 0.2,
  "ask-1000": 0.5,
  "spawn-100k": 1,
  memory: 0.5,
  "fan-in": 0.1,
  restarts: 0.5,
};
const COMEDY = {
  tell: 0.1,
  "ping-pong": 0.3,
  "ask-1": 0.3,
  "ask-1000": 0.3,
  "spawn-100k": 1,
  memory: 0.5,
  "fan-in": 0.1,
  "thread-ask-1": 0.05,
  "thread-ask-1000": 0.1,
  "thread-tell": 0.02,
};
const POST_MESSAGE = {
  "thread-ask-1": 0.05,
  "thread-ask-1000": 0.5,
  "thread-tell": 0.05,
  "thread-bulk": 1,
};
const ERLANG = {
  tell: 0.3,
  "ping-pong": 0.3,
  "ask-1": 0.3,
  "ask-1000": 0.2,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 1,
  "fan-in": 0.5,
  restarts: 1,
  "thread-ask-1": 1,
  "thread-ask-1000": 0.3,
  "thread-tell": 0.3,
};
const CAF = {
  tell: 0.2,
  "ping-pong": 0.3,
  "ask-1": 0.3,
  "ask-1000": 0.3,
  "spawn-100k": 1,
  "spawn-1m": 1,
  memory: 1,
  "fan-in": 0.3,
  restarts: 1,
  "thread-ask-1": 0.1,
  "thread-ask-1000": 1,
  "thread-tell": 0.3,
};
