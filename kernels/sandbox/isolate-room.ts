/** The realm of a sandbox process as its runs use it: put back before each, and told of by frames. */
import { isPromise, promiseThen } from "./inside/intrinsics.ts";
import type { FrameKind } from "./isolate-frames.ts";
import type { Factory, Host, Job, Step } from "./isolate-host.ts";
import { SPOILED, UNTOUCHED } from "./isolate-realm.ts";
import type { Freshness } from "./isolate-realm.ts";
import type { Observation } from "./protocol.ts";

/** A promise's answer, once all jobs ran; asking for it again gives waits up that nothing can end. */
export class Answer<Value> {
  #value: Value | null = null;
  #arrivedAt = 0n;

  constructor(given: Value | Promise<Value>, now: () => bigint) {
    if (!isPromise(given)) {
      this.#value = given as Value;
      return;
    }
    const arrived = (value: unknown): void => {
      this.#arrivedAt = now();
      this.#value = value as Value;
    };
    promiseThen(given, arrived, () => undefined);
  }

  get value(): Value | null {
    return this.#value;
  }

  get arrivedAt(): bigint {
    return this.#arrivedAt;
  }
}

/** `Math.random` as the program finds it. */
export interface Chance {
  /** Whether anything was drawn since it was started. */
  wasDrawn(): boolean;
  /** From the same seed. */
  restart(): void;
}

export class Realm {
  readonly host: Host;
  readonly job: Job;
  readonly factory: Factory;
  readonly #restore: () => Freshness;
  readonly #chance: Chance;
  #touched = false;

  constructor(host: Host, job: Job, factory: Factory, restore: () => Freshness, chance: Chance) {
    const emit = (kind: FrameKind, text: string): void => {
      this.putBack();
      host.emit(kind, text);
    };
    this.host = { ...host, emit };
    this.job = job;
    this.factory = factory;
    this.#restore = restore;
    this.#chance = chance;
  }

  /** Some run changed what all runs of this realm share, be it chance, and it had to be put back. */
  get touched(): boolean {
    return this.#touched;
  }

  /** False: the realm is spoiled, the parent was told, and nothing may run here any more. */
  refresh(): boolean {
    const fresh = this.putBack();
    this.#touched ||= this.#chance.wasDrawn();
    this.#chance.restart();
    if (!fresh) this.host.emit("spoiled", "");
    return fresh;
  }

  /** The process's own code, too, is to meet the language as it was. False: spoiled. */
  putBack(): boolean {
    const found = this.#restore();
    this.#touched ||= found !== UNTOUCHED;
    return found !== SPOILED;
  }

  emitObservation(kind: "observation" | "proof", { outcome, text }: Observation): void {
    this.host.emit(kind, `${outcome}\n${text}`);
  }

  /** All inputs in order in one closure, each observation a frame. Steps of its own. */
  sequence(): () => Step {
    const { harness } = this.host;
    let answer: Answer<readonly Observation[]> | null = null;
    return () => {
      if (answer === null) {
        if (!this.refresh()) return "done";
        answer = new Answer(
          harness.observeSequence(this.factory, this.job.entry, this.job.inputs),
          this.host.now,
        );
        return "more";
      }
      if (answer.value === null) {
        harness.stalled();
        return "more";
      }
      const observations = answer.value;
      for (let index = 0; index < observations.length; index++) {
        this.emitObservation("observation", observations[index]!);
      }
      return "done";
    };
  }
}
