/** All threads of a node as one: asks the observer of each, and puts together what they say. */
import { actor } from "../actor.ts";
import type { Reply } from "../ask.ts";
import { MyriadError, type Cancel } from "../contracts/index.ts";
import type { ActorRef } from "../ref.ts";
import type { ActorSystem } from "../system.ts";
import type { ActorView, TracedMessage } from "./inspection.ts";
import { observer, type ActorAction, type LetterView, type ObserverMessage } from "./observer.ts";

const ASK = { timeoutMs: 5_000 };
const UNKNOWN_HERE = "ACTOR_UNKNOWN";

/** Looks inside a whole node: into its worker threads only where the app module of its system lists `observer`. */
export class NodeObserver {
  readonly #system: ActorSystem;
  readonly #observers: readonly ActorRef<ObserverMessage>[];
  #listeners = 0;

  /** Spawns `observer-0` on the main thread, `observer-1` on the first worker, and so on. */
  constructor(system: ActorSystem) {
    this.#system = system;
    this.#observers = system.info().threads.flatMap(({ slot }) => observerOn(system, slot));
  }

  /**
   * The living actors of all threads, parents before children, siblings by name.
   * @param under only that one and those below it; null: all
   * @throws ACTOR_UNKNOWN
   */
  async actors(under: string | null = null): Promise<readonly ActorView[]> {
    const answers = await Promise.allSettled(
      this.#observers.map((ref) =>
        ref.ask((reply: Reply<readonly ActorView[]>) => ({ kind: "actors", under, reply }), ASK),
      ),
    );
    const found = answers.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    const refused = answers.find((one) => one.status === "rejected");
    if (found.length === 0 && refused !== undefined) throw refused.reason as Error;
    return merged(found);
  }

  /** @throws ACTOR_UNKNOWN */
  async state(path: string): Promise<string> {
    return await this.#whereItLives((ref) =>
      ref.ask((reply: Reply<string>) => ({ kind: "state", path, reply }), ASK),
    );
  }

  /** @throws ACTOR_UNKNOWN, ACTOR_NOT_RUNNING */
  async act(action: ActorAction, path: string): Promise<void> {
    await this.#whereItLives((ref) =>
      ref.ask((reply: Reply<null>) => ({ kind: "act", action, path, reply }), ASK),
    );
  }

  /** Tells of each message of an actor until it is cancelled. @throws ACTOR_UNKNOWN */
  async trace(path: string, listener: (seen: TracedMessage) => void): Promise<Cancel> {
    const listening = actor({
      name: "trace-listener",
      initial: () => null,
      receive(state, seen: TracedMessage) {
        listener(seen);
        return state;
      },
      mailbox: { capacity: 10_000, overflow: "drop-oldest" },
    });
    this.#listeners += 1;
    const to = this.#system.spawn(listening, undefined, { name: `trace-listener-${this.#listeners}` });
    let tracing: ActorRef<ObserverMessage>;
    try {
      tracing = await this.#whereItLives(async (ref) => {
        await ref.ask((reply: Reply<null>) => ({ kind: "trace", path, to, reply }), ASK);
        return ref;
      });
    } catch (thrown) {
      void this.#system.stop(to);
      throw thrown;
    }
    return () => {
      // The listener stays until nothing more comes to it.
      void tracing
        .ask((reply: Reply<null>) => ({ kind: "untrace", path, to, reply }), ASK)
        .catch(() => undefined)
        .then(() => this.#system.stop(to));
    };
  }

  /** The newest of all threads, oldest first. @param most at most as many */
  async deadLetters(most = 100): Promise<readonly LetterView[]> {
    const all = await Promise.all(
      this.#observers.map((ref) =>
        ref.ask((reply: Reply<readonly LetterView[]>) => ({ kind: "letters", most, reply }), ASK),
      ),
    );
    return all
      .flat()
      .toSorted((a, b) => a.at - b.at)
      .slice(-most);
  }

  /** Tells all dead letters again to whoever lives under their paths now. @returns how many found somebody */
  async replayDeadLetters(): Promise<number> {
    const counts = await Promise.all(
      this.#observers.map((ref) =>
        ref.ask((reply: Reply<number>) => ({ kind: "replay-letters", reply }), ASK),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** An actor is known to the observer of its own thread alone. */
  async #whereItLives<Value>(ask: (ref: ActorRef<ObserverMessage>) => Promise<Value>): Promise<Value> {
    let unknown: unknown = null;
    for (const ref of this.#observers) {
      try {
        return await ask(ref);
      } catch (thrown) {
        if (!(thrown instanceof MyriadError) || thrown.code !== UNKNOWN_HERE) throw thrown;
        unknown = thrown;
      }
    }
    throw unknown as Error;
  }
}

function observerOn(system: ActorSystem, thread: number): readonly ActorRef<ObserverMessage>[] {
  try {
    return [system.spawn(observer, undefined, { name: `observer-${thread}`, placement: { thread } })];
  } catch (thrown) {
    if (thrown instanceof MyriadError && thrown.code === "ACTOR_TYPE_UNKNOWN") return [];
    throw thrown;
  }
}

/** A thread knows of another one's actors only that they live; whoever knows more is believed. */
function merged(views: readonly ActorView[]): readonly ActorView[] {
  const byAddress = new Map<string, ActorView>();
  for (const view of views) {
    const known = byAddress.get(view.address);
    if (known === undefined || known.waiting === null) byAddress.set(view.address, view);
  }
  return [...byAddress.values()].toSorted((a, b) => comparePaths(a.path.split("/"), b.path.split("/")));
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let level = 0; level < Math.min(a.length, b.length); level++) {
    if (a[level] !== b[level]) return a[level]! < b[level]! ? -1 : 1;
  }
  return a.length - b.length;
}
