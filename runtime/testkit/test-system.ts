/** An actor system in virtual time with seeded chance: the same test runs the same way every time. */
import { isObject, seededRandom } from "../contracts/index.ts";
import { check } from "../errors.ts";
import { createSystem, type ActorSystem, type SystemOptions } from "../index.ts";
import { testkitError } from "./errors.ts";
import { ActorProbe, type Probe } from "./probe.ts";
import { eventLoopRound, VirtualClock } from "./virtual-clock.ts";

/** What a test system is made with; every part has a default. */
export interface TestSystemOptions extends Omit<SystemOptions, "clock" | "random" | "threads" | "nodes"> {
  /** Of the system's chance; default 1. */
  readonly seed?: string | number;
  /** Milliseconds since the epoch at the start; default 0. */
  readonly startedAt?: number;
}

/** Its functions may be taken apart: `const { system, settle } = createTestSystem()`. */
export interface TestSystem {
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  /** A new probe. */
  readonly probe: <Message>() => Probe<Message>;
  /** Waits until no actor has anything to handle; no virtual time passes. @throws TESTKIT_UNSETTLED */
  readonly settle: () => Promise<void>;
  /** Moves virtual time on, settling at every moment at which something is due. */
  readonly advance: (ms: number) => Promise<void>;
}

const MAX_ROUNDS = 10_000;

/**
 * Shut it down with `system.shutdown()`; it holds nothing that keeps the process alive.
 * @throws CLOCK_INVALID (startedAt), and as `createSystem`
 */
export function createTestSystem(options: TestSystemOptions = {}): TestSystem {
  check(isObject(options), "SYSTEM_INVALID", "The options of a test system are an object", options);
  const { seed, startedAt, ...systemOptions } = options;
  const settle = (): Promise<void> => settled(system);
  const clock = new VirtualClock(startedAt, settle);
  const system = createSystem({ ...systemOptions, clock, random: seededRandom(seed ?? 1) });
  const world: TestSystem = {
    system,
    clock,
    probe: <Message>() => new ActorProbe<Message>(world),
    settle,
    advance: (ms) => clock.advance(ms),
  };
  return world;
}

async function settled(system: ActorSystem): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    await eventLoopRound();
    if (system.idle) return;
  }
  throw testkitError(
    "TESTKIT_UNSETTLED",
    `The actors were still busy after ${MAX_ROUNDS} rounds of the event loop`,
  );
}
