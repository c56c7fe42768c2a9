import type { ActorContext, ActorType, SpawnOptions } from "./actor.ts";
import type { Cell } from "./cell.ts";
import { isFunction, isThenable, type Clock, type Random } from "./contracts/index.ts";
import { check, runtimeError } from "./errors.ts";
import { forward, refuse } from "./forward.ts";
import { Ref, type ActorRef, type AnyRef } from "./ref.ts";
import { spawnChild } from "./spawn.ts";
import type { ActorSystem } from "./system.ts";
import { checkDelay, checkKey, type Timers } from "./timers.ts";

/** The one context of an actor; it outlasts restarts. Contract: see `ActorContext`. */
export class ContextOf implements ActorContext<unknown>, Timers<unknown> {
  readonly #cell: Cell;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  get self(): ActorRef<unknown> {
    return this.#cell.ref;
  }

  get system(): ActorSystem {
    return this.#cell.host.system;
  }

  get clock(): Clock {
    return this.#cell.host.clock;
  }

  get random(): Random {
    return this.#cell.random;
  }

  get timers(): Timers<unknown> {
    return this;
  }

  spawn<Args, State, Message>(
    type: ActorType<Args, State, Message> | string,
    args: unknown,
    options: SpawnOptions = {},
  ): ActorRef<Message> {
    return spawnChild(this.#inTurn(), type, args, options);
  }

  watch(ref: AnyRef): void {
    this.#inTurn().ties.watch(ref);
  }

  unwatch(ref: AnyRef): void {
    this.#inTurn().ties.unwatch(ref);
  }

  stop(ref: AnyRef = this.self): void {
    this.#inTurn();
    Ref.targetOf(ref).system({ kind: "stop", reason: { kind: "stopped" } });
  }

  drain(ref: AnyRef = this.self): void {
    this.#inTurn();
    Ref.targetOf(ref).system({ kind: "stop", reason: { kind: "drained" } });
  }

  link(ref: AnyRef): void {
    this.#inTurn().ties.link(ref);
  }

  unlink(ref: AnyRef): void {
    this.#inTurn().ties.unlink(ref);
  }

  stash(message: unknown): void {
    const cell = this.#inTurn();
    cell.orders.stash(carried(cell, message));
  }

  unstash(): void {
    this.#inTurn().orders.unstash();
  }

  receiveTimeout(idleMs: number, message: unknown): void {
    checkDelay(idleMs, 1);
    this.#inTurn().orders.receiveTimeout(idleMs, message);
  }

  cancelReceiveTimeout(): void {
    this.#inTurn().orders.cancelReceiveTimeout();
  }

  forward<Sent>(to: ActorRef<Sent>, message: unknown, sent: Sent): void {
    forward(this.#inTurn(), Ref.targetOf(to), message, sent);
  }

  refuse(message: unknown, error: Error): void {
    refuse(this.#inTurn(), message, error);
  }

  escalate(error: unknown): void {
    this.#inTurn().system({ kind: "fail", error });
  }

  hold(): void {
    this.#inTurn().orders.hold();
  }

  release(): void {
    this.#inTurn().orders.release();
  }

  unsettled(): void {
    this.#inTurn().orders.unsettled();
  }

  settled(): void {
    this.#inTurn().orders.settled();
  }

  pipe<Value>(
    promise: PromiseLike<Value>,
    onValue: (value: Value) => unknown,
    onError: (error: unknown) => unknown,
  ): void {
    const cell = this.#inTurn();
    check(isThenable(promise), "ARGUMENT_INVALID", "What is piped is a promise", promise);
    check(isFunction(onValue), "ARGUMENT_INVALID", "onValue of pipe is a function", onValue);
    check(isFunction(onError), "ARGUMENT_INVALID", "onError of pipe is a function", onError);
    const { life } = cell;
    const tracer = cell.host.telemetry?.tracer ?? null;
    const [toValue, toError] =
      tracer === null ? [onValue, onError] : [tracer.follow(onValue), tracer.follow(onError)];
    // Native or not, it settles once.
    Promise.resolve(promise).then(
      (value) => cell.piped(life, toValue, value),
      (error: unknown) => cell.piped(life, toError, error),
    );
  }

  single(key: string, delayMs: number, message: unknown): void {
    checkKey(key);
    checkDelay(delayMs, 0);
    const cell = this.#inTurn();
    cell.orders.timers.start(key, delayMs, 0, carried(cell, message));
  }

  periodic(key: string, intervalMs: number, message: unknown, firstDelayMs: number = intervalMs): void {
    checkKey(key);
    checkDelay(intervalMs, 1);
    checkDelay(firstDelayMs, 0);
    this.#inTurn().orders.timers.start(key, firstDelayMs, intervalMs, message);
  }

  cancel(key: string): void {
    this.#inTurn().orders.timers.cancel(key);
  }

  cancelAll(): void {
    this.#inTurn().orders.timers.cancelAll();
  }

  isActive(key: string): boolean {
    return this.#inTurn().orders.timers.isActive(key);
  }

  /** @throws CONTEXT_OUTSIDE_TURN */
  #inTurn(): Cell {
    if (this.#cell.host.dispatcher.current === this.#cell) return this.#cell;
    const { address } = this.#cell;
    throw runtimeError("CONTEXT_OUTSIDE_TURN", `The context of ${address} was used outside its turn`, {
      location: address,
    });
  }
}

/** With the trace of the message in hand, if there is one. */
function carried(cell: Cell, message: unknown): unknown {
  const tracer = cell.host.telemetry?.tracer ?? null;
  return tracer === null ? message : tracer.carry(message);
}
