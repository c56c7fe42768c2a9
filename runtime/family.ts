/**
 * What parent and child know of each other. They talk by system messages alone, so either may live on another
 * thread: then a stand-in takes its place here.
 */
import type { AnyActorType } from "./actor.ts";
import type { ActorPath, Address, Incarnation } from "./address.ts";
import type { Ref } from "./ref.ts";
import type { SystemMessage } from "./system-message.ts";

// In the order of life: what is below RUNNING will run, what is above STOPPING takes nothing.
export const STARTING = 0;
export const RUNNING = 1;
/** It has sent to a full mailbox, and waits for room there. */
export const PAUSED = 2;
export const SUSPENDED = 3;
export const HALTING = 4;
export const HALTED = 5;
export const STOPPING = 6;
export const STOPPED = 7;
export type Status = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** One crash, from the throw until the supervisor's decision has been carried out. */
export interface Failure {
  readonly error: unknown;
  /** The supervisor has failed over it, so its own supervisor decides about both. */
  escalated: boolean;
}

export interface Child {
  readonly name: string;
  readonly type: AnyActorType;
  readonly ref: Ref<unknown>;
  readonly address: Address;
  readonly incarnation: Incarnation;
  readonly thread: number;
  readonly status: Status;
  readonly failure: Failure | null;
  /** Its life has a state, so it can be resumed. */
  readonly alive: boolean;
  /** Kept by `Children`. */
  siblingBefore: Child | null;
  siblingAfter: Child | null;
  isListed: boolean;
  system(message: SystemMessage): void;
}

export interface Parent {
  /** Null: the root, which nobody addresses. */
  readonly path: ActorPath | null;
  /** The thread it lives on. */
  readonly thread: number;
  system(message: SystemMessage): void;
}
