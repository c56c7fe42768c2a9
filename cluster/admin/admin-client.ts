/** The operator's side: finds the nodes of a cluster, and asks and tells each by its admin endpoints. */
import { randomBytes } from "node:crypto";
import { systemClock, type Cancel, type Clock } from "../../runtime/contracts/index.ts";
import type { ActorAction, LetterView, TracedMessage } from "../../runtime/index.ts";
import { askService } from "../client/ask.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import { ADMIN_SERVICE, type ActorList, type NodeReport } from "./admin-endpoints.ts";

/** How long an answer is waited for. */
export interface AdminOptions {
  readonly clock?: Clock;
  /** Milliseconds for each question; default 5,000. */
  readonly timeoutMs?: number;
}

/** An actor by its node and its path there. */
export interface Whereabouts {
  readonly node: string;
  readonly path: string;
}

const MOST_WAIT_MS = 2_000;
/** Nobody answers any more when nobody has for as long. */
const SILENCE_MS = 250;
const TRACE_MS = 30_000;

/** Asks and tells the nodes of one cluster. */
export class AdminClient {
  readonly #nats: Nats;
  readonly #subjects: Subjects;
  readonly #options: Required<AdminOptions>;

  constructor(nats: Nats, subjects: Subjects, { clock = systemClock, timeoutMs = 5_000 }: AdminOptions = {}) {
    this.#nats = nats;
    this.#subjects = subjects;
    this.#options = { clock, timeoutMs };
  }

  /** Names of the nodes that answer, sorted. @throws SERVICE_SILENT when none does */
  async names(): Promise<readonly string[]> {
    const { connection } = this.#nats;
    const names = new Set<string>();
    try {
      const answers = await connection.requestMany(`$SRV.PING.${ADMIN_SERVICE}`, "", {
        strategy: "stall",
        maxWait: MOST_WAIT_MS,
        stall: SILENCE_MS,
      });
      for await (const answer of answers) {
        const name = nodeIn(answer.json(), this.#subjects.cluster);
        if (name !== null) names.add(name);
      }
    } catch (cause) {
      const what = `no node of the cluster ${this.#subjects.cluster} answers`;
      throw clusterError("SERVICE_SILENT", what, { cause });
    }
    return [...names].toSorted();
  }

  /** All nodes as they are now; one that is lost meanwhile is not among them. */
  async nodes(): Promise<readonly NodeReport[]> {
    const reports = await Promise.allSettled((await this.names()).map((name) => this.node(name)));
    const refused = reports.find((one) => one.status === "rejected");
    const found = reports.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    if (found.length === 0 && refused !== undefined) throw refused.reason as Error;
    return found;
  }

  async node(name: string): Promise<NodeReport> {
    return await this.#ask<NodeReport>(name, "node", {});
  }

  /** @param under a path; null: all of the node */
  async actors(node: string, under: string | null = null): Promise<ActorList> {
    return await this.#ask<ActorList>(node, "actors", under === null ? {} : { under });
  }

  /** As text. @throws ACTOR_UNKNOWN */
  async state({ node, path }: Whereabouts): Promise<string> {
    return (await this.#ask<{ readonly text: string }>(node, "state", { path })).text;
  }

  /** @throws ACTOR_UNKNOWN, ACTOR_NOT_RUNNING */
  async act(action: ActorAction, { node, path }: Whereabouts): Promise<void> {
    await this.#ask(node, "act", { action, path });
  }

  /** The newest, oldest first. */
  async deadLetters(
    node: string,
    most: number,
  ): Promise<{ readonly letters: readonly LetterView[]; readonly total: number }> {
    return await this.#ask(node, "dead-letters", { most });
  }

  /** @returns how many found somebody who lives under their path now */
  async replayDeadLetters(node: string): Promise<number> {
    return (await this.#ask<{ readonly replayed: number }>(node, "replay-dead-letters", {})).replayed;
  }

  /** Tells of each message of an actor until it is cancelled. @throws ACTOR_UNKNOWN, TRACES_TOO_MANY */
  async trace({ node, path }: Whereabouts, listener: (seen: TracedMessage) => void): Promise<Cancel> {
    const token = randomBytes(16).toString("hex");
    const subscription = this.#nats.connection.subscribe(this.#subjects.trace(token), {
      callback: (error, message) => {
        if (error === null) listener(message.json());
      },
    });
    const keepOn = async (forMs: number): Promise<void> => {
      await this.#ask(node, "trace", { path, token, forMs });
    };
    try {
      await keepOn(TRACE_MS);
    } catch (thrown) {
      subscription.unsubscribe();
      throw thrown;
    }
    const timer = this.#every(TRACE_MS / 3, () => void keepOn(TRACE_MS).catch(() => undefined));
    return () => {
      timer();
      subscription.unsubscribe();
      void keepOn(0).catch(() => undefined);
    };
  }

  #every(ms: number, action: () => void): Cancel {
    const { clock } = this.#options;
    const again = (): void => {
      action();
      cancel = clock.schedule(ms, again);
    };
    let cancel = clock.schedule(ms, again);
    return () => cancel();
  }

  async #ask<Reply>(node: string, endpoint: string, request: object): Promise<Reply> {
    const { clock, timeoutMs } = this.#options;
    const subject = this.#subjects.admin(node, endpoint);
    return (await askService(this.#nats.connection, subject, request, { clock, timeoutMs })) as Reply;
  }
}

/** What another service of that name says, or one of another cluster, is no node's. */
function nodeIn(answer: unknown, cluster: string): string | null {
  const { metadata } = answer as { readonly metadata?: Readonly<Record<string, unknown>> };
  const node = metadata?.["node"];
  return metadata?.["cluster"] === cluster && typeof node === "string" ? node : null;
}
