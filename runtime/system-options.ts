/** What a system is made with, and what holds when an option is left out. */
import type { NodeName } from "./address.ts";
import { isSegment } from "./address.ts";
import { defineApp, isApp, type App } from "./app.ts";
import { isClock, isJournal, isObject, isRandom, isWhole } from "./contracts/index.ts";
import { seededRandom, systemClock, type Clock, type Journal, type Random } from "./contracts/index.ts";
import { check } from "./errors.ts";
import { nodeRules, type NodeOptions, type NodeRules } from "./nodes/node-options.ts";
import type { Supervision } from "./supervision.ts";
import { telemetryRules, type TelemetryOptions, type TelemetryRules } from "./telemetry/telemetry-options.ts";
import { threadRules, type ThreadOptions, type ThreadRules } from "./threads/thread-options.ts";

/** What a system is made with; every part has a default. */
export interface SystemOptions {
  /** The types that can be spawned by name; default: none. With threads it must name its module. */
  readonly app?: App;
  /** Worker threads beside this one; default: none. */
  readonly threads?: number | ThreadOptions;
  /** The first part of every address, and what other nodes call this one; default `local`. */
  readonly node?: string;
  /** Other nodes, whose actors are reached like any other; default: none. */
  readonly nodes?: NodeOptions;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: seeded from the machine's entropy. */
  readonly random?: Random;
  /** How the root supervises top-level actors; defaults as at `Supervision`. */
  readonly supervision?: Supervision;
  /** How many dead letters are kept for inspection; default 1,000. */
  readonly deadLetterCapacity?: number;
  /** Where event-sourced actors on this thread keep their events, unless their type says; default: none. */
  readonly journal?: Journal;
  /** Metrics and traces, on all threads; default: none, and then they cost nothing. */
  readonly telemetry?: TelemetryOptions;
}

export interface SystemRules {
  readonly app: App;
  readonly threads: ThreadRules | null;
  readonly node: NodeName;
  readonly nodes: NodeRules | null;
  readonly clock: Clock;
  readonly random: Random;
  /** The root's type has its rules. */
  readonly supervision: Supervision;
  readonly deadLetterCapacity: number;
  readonly journal: Journal | null;
  readonly telemetry: TelemetryRules | null;
}

const NO_APP = defineApp({ actors: [] });

/** @throws what `createSystem` throws */
export function systemRules(options: SystemOptions = {}): SystemRules {
  check(isObject(options), "SYSTEM_INVALID", "The options of a system are an object", options);
  const { threads, node = "local", nodes, telemetry, supervision = {}, deadLetterCapacity = 1_000 } = options;
  const { app = NO_APP, clock = systemClock, random, journal = null } = options;
  check(isSegment(node), "ACTOR_NAME_INVALID", "The name of a node is a segment of an address", node);
  check(isApp(app), "APP_INVALID", "app is what defineApp gives", app);
  check(isClock(clock), "SYSTEM_INVALID", "clock is a Clock", clock);
  check(random === undefined || isRandom(random), "SYSTEM_INVALID", "random is a Random", random);
  check(journal === null || isJournal(journal), "SYSTEM_INVALID", "journal is a Journal", journal);
  const isCapacity = deadLetterCapacity === Infinity || isWhole(deadLetterCapacity, 0);
  check(isCapacity, "SYSTEM_INVALID", "deadLetterCapacity is a whole number from 0", deadLetterCapacity);
  return {
    app,
    threads: threads === undefined ? null : threadRules(threads),
    node: node as NodeName,
    nodes: nodes === undefined ? null : nodeRules(nodes),
    clock,
    random: random ?? seededRandom(crypto.randomUUID()),
    supervision,
    deadLetterCapacity,
    journal,
    telemetry: telemetry === undefined ? null : telemetryRules(telemetry),
  };
}
