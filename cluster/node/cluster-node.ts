/**
 * A node: the connection to NATS, the transport over it, the actor system on it and its membership in the cluster, with
 * its health over HTTP.
 *
 *     starting  -> ready     NATS is reached, the node is a member, every thread runs, the app has started
 *     starting  -> stopped   one of these failed; what was opened is closed, and `startNode` rejects
 *     ready     -> draining  `drain` was called, or NATS has given the connection up for good
 *     draining  -> stopped   always, within the deadline and some seconds
 *
 * A node that drains says at once that it is not ready. Its parts then take no new work and finish what they have
 * begun, the one added last first; what waits in mailboxes is handled, and questions that actors have taken are
 * answered; actors stop, children before parents; and the journal, NATS and at last the health server are closed. What
 * is not done when the deadline passes is given up.
 */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { ActorSystem, NodeObserver } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { Membership } from "../membership/membership.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import type { Log } from "./log.ts";
import type { NodeConfig } from "./node-config.ts";
import { within } from "./time-limit.ts";
import type { NodePhase, Vitals } from "./vitals.ts";

/** What a node runs beside its actors: a queue's consumer, a service, a server of the app's own. */
export interface NodePart {
  /** Unique in the node. */
  readonly name: string;
  /** Whether the node may say that it is ready; default: it may. */
  isReady?(): boolean;
  /** Takes no new work, and resolves when what was begun is done. Actors and NATS are still there. */
  drain?(withinMs: number): Promise<void>;
  /** Lets go of what it holds. The actors have stopped; NATS is still there. */
  close?(): Promise<void>;
}

/** How a node has ended. */
export interface NodeEnding {
  /** Whether all that it had begun was done in time. */
  readonly drained: boolean;
  /** Why it has ended by itself, or what was not done in time; null: nothing went wrong. */
  readonly error: Error | null;
}

/** What a node is made of; opened by `startNode`. */
export interface NodeBody {
  readonly config: NodeConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly nats: Nats;
  readonly subjects: Subjects;
  readonly system: ActorSystem;
  readonly membership: Membership;
  readonly observer: NodeObserver;
  readonly healthUrl: string;
  readonly vitals: Vitals;
  /** Closes everything; the last opened first. */
  readonly close: () => Promise<void>;
}

const LOOK_MS = 50;
/** That actors which wait for nothing have to stop, also when all the time was used before. */
const LEAST_STOP_MS = 1_000;
const CLOSE_MS = 5_000;
const LATE_THREAD_MS = 200;

/** A running node; started by `startNode`. */
export class ClusterNode {
  /** How it ended, when it has. */
  readonly stopped: Promise<NodeEnding>;
  readonly #body: NodeBody;
  readonly #parts: NodePart[] = [];
  #isEnding = false;
  #tellEnding: (ending: NodeEnding) => void = () => undefined;

  constructor(body: NodeBody) {
    this.#body = body;
    this.stopped = new Promise((resolve) => (this.#tellEnding = resolve));
    const { nats, log, vitals } = body;
    nats.onChange((isConnected) => {
      if (isConnected) log.info("NATS is reached again", { server: nats.connection.getServer() });
      else if (!nats.connection.isClosed()) log.warn("NATS is lost, and sought");
    });
    void this.#tellErrors();
    void nats.connection.closed().then((cause) => {
      const why = cause instanceof Error ? cause.message : "it was closed";
      const error = clusterError("NATS_REFUSED", `NATS has given the connection up: ${why}`);
      if (vitals.phase === "ready") void this.#drain(error);
    });
  }

  get name(): string {
    return this.#body.config.name;
  }

  get config(): NodeConfig {
    return this.#body.config;
  }

  get log(): Log {
    return this.#body.log;
  }

  get nats(): Nats {
    return this.#body.nats;
  }

  get subjects(): Subjects {
    return this.#body.subjects;
  }

  get system(): ActorSystem {
    return this.#body.system;
  }

  /** What is known of the other nodes, and this node's lease; sharded actors are begun with it. */
  get membership(): Membership {
    return this.#body.membership;
  }

  /** A look inside its actors: on its worker threads only where the app lists the type `observer`. */
  get observer(): NodeObserver {
    return this.#body.observer;
  }

  /** Such as `http://127.0.0.1:7422`. */
  get healthUrl(): string {
    return this.#body.healthUrl;
  }

  get phase(): NodePhase {
    return this.#body.vitals.phase;
  }

  /** Whether work may be sent here. */
  get isReady(): boolean {
    return this.#body.vitals.isReady;
  }

  /** Whether there is hope: actors have their turns. A node that has none is best killed. */
  get isLive(): boolean {
    return this.#body.vitals.isLive;
  }

  /** Gives the node a part, which drains and closes with it. */
  add(part: NodePart): void {
    this.#parts.push(part);
    this.#body.vitals.require(part.name, () => part.isReady?.() ?? true);
  }

  /** Ends in order; every call gives the same ending. */
  async drain(): Promise<NodeEnding> {
    await this.#drain(null);
    return await this.stopped;
  }

  /** Such as a subject that the node's user may not use. */
  async #tellErrors(): Promise<void> {
    const { nats, log } = this.#body;
    for await (const status of nats.connection.status()) {
      if (status.type === "error") log.warn("NATS has refused something", { why: status.error.message });
    }
  }

  async #drain(error: Error | null): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const { config, log, vitals, clock } = this.#body;
    vitals.phase = "draining";
    log.info("draining", { withinMs: config.drainMs, ...(error === null ? {} : { error }) });
    const late = await this.#finish(clock.monotonic() + config.drainMs);
    for (const part of this.#parts.toReversed())
      await this.#isDone(part.name, CLOSE_MS, () => part.close?.());
    await this.#body.close();
    const what = `not done within ${config.drainMs} ms: ${late.join(", ")}`;
    const tooLate = late.length === 0 ? null : clusterError("NODE_DRAIN_DEADLINE", what);
    vitals.phase = "stopped";
    log.info("stopped", { drained: late.length === 0 });
    this.#tellEnding({ drained: late.length === 0, error: error ?? tooLate });
  }

  /** @returns what was not done in time, or has failed */
  async #finish(endsAt: number): Promise<readonly string[]> {
    const { clock, system } = this.#body;
    const left = (): number => Math.max(0, endsAt - clock.monotonic());
    const late: string[] = [];
    const step = async (name: string, ms: number, action: () => unknown): Promise<void> => {
      if (!(await this.#isDone(name, ms, action))) late.push(name);
    };
    for (const part of this.#parts.toReversed()) await step(part.name, left(), () => part.drain?.(left()));
    await step("messages", left(), () => this.#untilQuiet(endsAt));
    const stopMs = Math.max(left(), LEAST_STOP_MS);
    await step("actors", stopMs + LEAST_STOP_MS, () => system.shutdown({ deadlineMs: stopMs }));
    return late;
  }

  /** Whether it was done, in time and without an error. */
  async #isDone(name: string, ms: number, action: () => unknown): Promise<boolean> {
    const { clock, log } = this.#body;
    const outcome = await within(clock, ms, action);
    if (outcome.kind === "failed") log.error("did not end well", { what: name, error: outcome.error });
    if (outcome.kind === "late") log.warn("was given up", { what: name });
    return outcome.kind === "done";
  }

  /**
   * Until nothing waits in any mailbox, and no question for its answer; twice in a row, since between two threads a
   * message may be on its way.
   */
  async #untilQuiet(endsAt: number): Promise<void> {
    const { clock } = this.#body;
    for (let quiet = 0; quiet < 2 && clock.monotonic() < endsAt;) {
      quiet = (await this.#isQuiet()) ? quiet + 1 : 0;
      await new Promise<void>((resolve) => clock.schedule(LOOK_MS, resolve));
    }
  }

  async #isQuiet(): Promise<boolean> {
    const { system, observer } = this.#body;
    const { types, late } = await system.telemetry!.metrics({ timeoutMs: LATE_THREAD_MS });
    if (late.length > 0 || types.some(({ waiting }) => waiting > 0)) return false;
    const actors = await observer.actors();
    // Who says so has just been asked.
    return actors.every(({ type, unanswered }) => type === "observer" || (unanswered ?? 0) === 0);
  }
}
