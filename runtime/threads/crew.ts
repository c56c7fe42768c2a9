/**
 * The worker threads of a system, kept by its main thread: started, watched, and replaced when they die.
 *
 * A worker is lost when it exits, for whatever reason, or gives no sign of life for `hangMs` and is killed.
 * Then, in this order: another worker is started in its slot, and all threads are connected to it; the main
 * thread handles what the lost one had still made visible and treats its actors as failed; the others are told
 * and do the same. So whoever learns of a loss has a thread to begin the actors anew on, and what is sent to it
 * waits until it is ready.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { App } from "../app.ts";
import type { Cancel, Clock } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import type { TelemetrySeed } from "../telemetry/telemetry-options.ts";
import { MAX_THREAD_NUMBERS } from "./early-frames.ts";
import { LOBBY_BYTES, type Mesh } from "./mesh.ts";
import { Mirror } from "./mirror.ts";
import { PortEnd } from "./port-end.ts";
import { ringMemory } from "./ring.ts";
import { EMPTY, Seats } from "./seats.ts";
import type { FromThread, LinkSeed, ThreadSeed, ToThread } from "./thread-messages.ts";
import type { ThreadRules } from "./thread-options.ts";

export interface CrewEvents {
  /** A worker has died. */
  lost(thread: number, slot: number, why: string): void;
  report(message: FromThread): void;
}

interface Member {
  readonly thread: number;
  readonly slot: number;
  readonly worker: Worker;
  ready: boolean;
  alive: boolean;
  lastSign: number;
  why: string | null;
}

/** A slot whose workers die before they are ready is given up after as many; all of them when no number is left. */
const MAX_STILLBORN = 3;

export class Crew {
  readonly seats: Seats;
  /** null: no memory is shared. */
  readonly lobby: Int32Array | null;
  readonly #app: string;
  readonly #node: string;
  readonly #rules: ThreadRules;
  readonly #clock: Clock;
  readonly #telemetry: TelemetrySeed | null;
  readonly #events: CrewEvents;
  readonly #members = new Map<number, Member>();
  readonly #ends = new Map<number, PortEnd>();
  readonly #stillborn: number[];
  #mesh: Mesh | null = null;
  #numbers = 0;
  #closing = false;
  #cancelWatch: Cancel | null = null;
  #watchedAt = 0;

  /** @throws THREADS_INVALID: the app names no module that a worker could import. */
  constructor(
    app: App,
    node: string,
    rules: ThreadRules,
    clock: Clock,
    telemetry: TelemetrySeed | null,
    events: CrewEvents,
  ) {
    if (app.module === null) {
      throw runtimeError(
        "THREADS_INVALID",
        "Threads need an app with its module: defineApp({ actors, module: import.meta.url })",
      );
    }
    this.#app = app.module;
    this.#node = node;
    this.#rules = rules;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#events = events;
    const shared = rules.transport === "shared memory";
    this.lobby = shared ? new Int32Array(new SharedArrayBuffer(MAX_THREAD_NUMBERS * LOBBY_BYTES)) : null;
    this.seats = new Seats([0, ...new Array<number>(rules.count).fill(EMPTY)]);
    this.#stillborn = new Array<number>(rules.count + 1).fill(0);
  }

  get threads(): readonly { readonly slot: number; readonly number: number; readonly ready: boolean }[] {
    return [...this.#members.values()].map(({ slot, thread, ready }) => ({ slot, number: thread, ready }));
  }

  /** Starts the workers. They are placed at from now on; what is sent to one waits until it is ready. */
  start(mesh: Mesh): void {
    this.#mesh = mesh;
    const newcomers = Array.from({ length: this.#rules.count }, (_, index) => ({
      thread: this.#number(),
      slot: index + 1,
      links: [] as LinkSeed[],
    }));
    newcomers.forEach((newcomer, index) => {
      newcomer.links.push(this.#linkToMain(newcomer.thread));
      for (const other of newcomers.slice(0, index)) {
        const [here, there] = this.#pair(newcomer.thread, other.thread);
        newcomer.links.push(here);
        other.links.push(there);
      }
    });
    for (const { thread, slot } of newcomers) this.seats.sit(slot, thread);
    for (const { thread, slot, links } of newcomers) this.#startWorker(thread, slot, links);
    this.#watch();
  }

  ring(thread: number): void {
    this.#ends.get(thread)?.ring();
  }

  tell(message: ToThread): void {
    for (const { worker } of this.#members.values()) worker.postMessage(message);
  }

  /** Resolves when all workers have left; those that have not by then are killed. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelWatch?.();
    const members = [...this.#members.values()];
    this.tell({ kind: "shutdown" });
    const left = Promise.all(
      members.map(({ worker }) => new Promise((resolve) => void worker.once("exit", resolve))),
    );
    const cancel = this.#clock.schedule(deadlineMs, () => {
      for (const { worker } of members) void worker.terminate();
    });
    await left;
    cancel();
    for (const end of this.#ends.values()) end.close();
    this.#ends.clear();
  }

  #sit(slot: number, thread: number): void {
    this.seats.sit(slot, thread);
    this.tell({ kind: "seat", slot, thread });
  }

  #number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  #pair(a: number, b: number): readonly [LinkSeed, LinkSeed] {
    const { ringBytes } = this.#rules;
    const shared = this.lobby !== null;
    const [there, back] = [ringMemory(ringBytes, shared), ringMemory(ringBytes, shared)];
    const { port1, port2 } = new MessageChannel();
    return [
      { peer: b, out: there, in: back, port: port1 },
      { peer: a, out: back, in: there, port: port2 },
    ];
  }

  #linkToMain(thread: number): LinkSeed {
    const [here, there] = this.#pair(0, thread);
    const mirror = this.lobby === null ? new Mirror(here) : null;
    const end = new PortEnd(here.port, mirror, () => this.#mesh!.woken());
    this.#ends.set(thread, end);
    this.#mesh!.connect(here, end);
    return there;
  }

  #startWorker(thread: number, slot: number, links: readonly LinkSeed[]): void {
    const seed: ThreadSeed = {
      thread,
      node: this.#node,
      app: this.#app,
      lobby: this.lobby === null ? null : (this.lobby.buffer as SharedArrayBuffer),
      slots: this.seats.list(),
      links,
      telemetry: this.#telemetry,
    };
    const entry = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
    const { maxHeapMb } = this.#rules;
    const worker = new Worker(entry, {
      workerData: seed,
      transferList: links.map(({ port }) => port),
      name: `${this.#node}-${slot}`,
      ...(maxHeapMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } }),
    });
    const lastSign = this.#clock.monotonic();
    const member: Member = {
      thread,
      slot,
      worker,
      ready: false,
      alive: true,
      lastSign,
      why: null,
    };
    this.#members.set(thread, member);
    worker.on("message", (message: FromThread) => this.#heard(member, message));
    worker.on("error", (error) => (member.why ??= error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#left(member, code));
  }

  #heard(member: Member, message: FromThread): void {
    member.lastSign = this.#clock.monotonic();
    if (message.kind === "ready") {
      member.ready = true;
      this.#stillborn[member.slot] = 0;
    } else if (message.kind !== "pong") {
      this.#events.report(message);
    }
  }

  #left(member: Member, code: number): void {
    if (!member.alive) return;
    member.alive = false;
    this.#members.delete(member.thread);
    if (this.#closing) return;
    const { thread, slot, ready } = member;
    if (!ready) this.#stillborn[slot]! += 1;
    const isHopeless = this.#stillborn[slot]! >= MAX_STILLBORN || this.#numbers === MAX_THREAD_NUMBERS - 1;
    if (!isHopeless) this.#replace(slot);
    else this.#sit(slot, EMPTY);
    this.#ends.get(thread)?.drain();
    this.#mesh!.lose(thread);
    this.#ends.get(thread)?.close();
    this.#ends.delete(thread);
    this.tell({ kind: "lost", thread });
    this.#events.lost(thread, slot, member.why ?? `it left with code ${code}`);
  }

  #replace(slot: number): void {
    const thread = this.#number();
    const peers = [...this.#members.values()];
    const links = [this.#linkToMain(thread)];
    for (const peer of peers) {
      const [here, there] = this.#pair(thread, peer.thread);
      links.push(here);
      const message: ToThread = { kind: "connect", link: there };
      peer.worker.postMessage(message, [there.port]);
    }
    this.#sit(slot, thread);
    this.#startWorker(thread, slot, links);
  }

  #watch(): void {
    const { hangMs } = this.#rules;
    const period = hangMs / 4;
    this.#watchedAt = this.#clock.monotonic();
    this.#cancelWatch = this.#clock.schedule(period, () => {
      const now = this.#clock.monotonic();
      // When this thread itself was held up, its own delay says nothing about the others.
      const late = now - this.#watchedAt > 2 * period;
      for (const member of this.#members.values()) {
        if (late || !member.ready) member.lastSign = now;
        else if (now - member.lastSign > hangMs) this.#kill(member);
      }
      this.tell({ kind: "ping" });
      this.#watch();
    });
  }

  #kill(member: Member): void {
    member.why = `it gave no sign of life for ${this.#rules.hangMs} ms`;
    void member.worker.terminate();
  }
}
