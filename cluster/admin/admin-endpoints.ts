/**
 * What an operator may ask of one node, and tell it to do. Each endpoint has a subject of the node's own, below
 * `myriad.<cluster>.admin`, so that NATS' permissions decide who is an operator, and of which nodes.
 */
import type { ActorAction, ActorSystem, ActorView, NodeObserver, TypeMetrics } from "../../runtime/index.ts";
import type { Subjects } from "../nats/subjects.ts";
import type { Endpoint } from "../services/endpoint.ts";
import type { TraceDesk } from "./trace-desk.ts";

/** A node at one moment. */
export interface NodeReport {
  readonly node: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Since the process began. */
  readonly uptimeMs: number;
  /** For example `node 20.20.2`. */
  readonly runtime: string;
  readonly threads: number;
  /** Other nodes that it knows, and whether it reaches them now. */
  readonly nodes: readonly { readonly node: string; readonly reached: boolean }[];
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Microseconds of processor time since the process began. */
  readonly cpuUs: number;
  readonly deadLetters: number;
  /** What each type of actors has done; empty where the node counts nothing. */
  readonly types: readonly TypeReport[];
}

/** What the actors of one type have done. */
export interface TypeReport {
  readonly type: string;
  readonly alive: number;
  readonly handled: number;
  readonly failed: number;
  /** Messages in their mailboxes now. */
  readonly waiting: number;
  /** Milliseconds that messages waited, and that handling took, all together since the node began. */
  readonly waitMs: number;
  readonly handlingMs: number;
}

/** What the endpoints are made for. */
export interface AdminParts {
  readonly subjects: Subjects;
  readonly system: ActorSystem;
  readonly observer: NodeObserver;
  readonly traces: TraceDesk;
}

/** As NATS' own tools list it; its metadata say which cluster and node it is of. */
export const ADMIN_SERVICE = "myriad-admin";
/** Actors that one answer lists; who wants others names what is above them. */
export const MOST_ACTORS = 2_000;
const MOST_LETTERS = 1_000;
const ACTIONS: readonly ActorAction[] = ["pause", "resume", "restart", "stop"];

const NOTHING = { type: "object", properties: {}, additionalProperties: false } as const;
const PATH = { type: "string", minLength: 1, maxLength: 4_096 } as const;
const ANYTHING = { type: "object" } as const;

const form = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** All fields of all requests: those that its form requires are there. */
interface Asked {
  readonly under?: string;
  readonly path: string;
  readonly action: ActorAction;
  readonly token: string;
  readonly forMs: number;
  readonly most?: number;
}

/** The endpoints of one node. */
export function adminEndpoints(parts: AdminParts): readonly Endpoint[] {
  const { subjects, system, observer, traces } = parts;
  const endpoint = (
    name: string,
    request: object,
    answer: (request: Asked) => Promise<unknown>,
  ): Endpoint => ({
    name,
    subject: subjects.admin(system.node, name),
    right: "admin",
    request,
    reply: ANYTHING,
    answer: async (given) => await answer(given as Asked),
  });
  return [
    endpoint("node", NOTHING, async () => await reportOf(system)),
    endpoint("actors", form({ under: PATH }, []), async ({ under }) => {
      const all = await observer.actors(under ?? null);
      return { actors: all.slice(0, MOST_ACTORS), total: all.length } satisfies ActorList;
    }),
    endpoint("state", form({ path: PATH }), async ({ path }) => ({
      text: await observer.state(path),
    })),
    endpoint("act", form({ action: { enum: ACTIONS }, path: PATH }), async ({ action, path }) => {
      await observer.act(action, path);
      return {};
    }),
    endpoint(
      "trace",
      form({
        path: PATH,
        token: { type: "string", pattern: "^[A-Za-z0-9]{16,64}$" },
        forMs: { type: "number", minimum: 0, maximum: 60_000 },
      }),
      async ({ path, token, forMs }) => {
        await traces.trace(path, token, forMs);
        return { subject: subjects.trace(token) };
      },
    ),
    endpoint(
      "dead-letters",
      form({ most: { type: "integer", minimum: 1, maximum: MOST_LETTERS } }, []),
      async ({ most }) => ({ letters: await observer.deadLetters(most), total: system.deadLetters.total }),
    ),
    endpoint("replay-dead-letters", NOTHING, async () => ({ replayed: await observer.replayDeadLetters() })),
  ];
}

/** The actors of a node, or as many as one answer lists. */
export interface ActorList {
  readonly actors: readonly ActorView[];
  /** Of all that were asked for. */
  readonly total: number;
}

async function reportOf(system: ActorSystem): Promise<NodeReport> {
  const { runtime, threads, nodes } = system.info();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system: kernel } = process.cpuUsage();
  const metrics = (await system.telemetry?.metrics()) ?? null;
  return {
    node: system.node,
    at: system.clock.now(),
    uptimeMs: Math.round(process.uptime() * 1_000),
    runtime,
    threads: threads.length,
    nodes,
    rssBytes: rss,
    heapBytes: heapUsed,
    cpuUs: user + kernel,
    deadLetters: system.deadLetters.total,
    types: (metrics?.types ?? []).map(typeReport),
  };
}

function typeReport({ type, alive, handled, failed, waiting, waitMs, handlingMs }: TypeMetrics): TypeReport {
  return { type, alive, handled, failed, waiting, waitMs: waitMs.sum, handlingMs: handlingMs.sum };
}
