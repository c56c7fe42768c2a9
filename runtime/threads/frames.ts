/**
 * What goes through a ring between two threads: a head of 16 bytes, then a payload.
 *
 *     head  | to f64: an incarnation | ask i32: number of an ask on the thread that asks | more i32 |
 *
 *     TELL, ASK                 packed message          REPLY          packed value
 *     TELL_LAYOUT, ASK_LAYOUT   more: codec; fields     REPLY_NUMBER   f64
 *     SYSTEM                    packed SystemFrame      REPLY_NOTHING  –
 *     CREDIT                    more: how many          FAIL           packed wire error
 *     FORGET                    the records of this direction begin anew
 *     TRACE                     packed TraceStamp: of the next TELL or ASK; empty: of none
 *     WANTS                     packed list: of which events the sender wants to be told
 *
 * With BESIDE set, the next item on the link's port belongs to the frame.
 */
import type { StopReason } from "../actor.ts";
import type { Incarnation, NodeName } from "../address.ts";
import type { WireError } from "../contracts/index.ts";
import type { Overflow } from "../mailbox.ts";
import type { Ref } from "../ref.ts";
import { MAX_THREAD_NUMBERS } from "./early-frames.ts";

export const TELL = 1;
export const TELL_LAYOUT = 2;
export const ASK = 3;
export const ASK_LAYOUT = 4;
export const REPLY = 5;
export const REPLY_NUMBER = 6;
export const REPLY_NOTHING = 7;
export const FAIL = 8;
export const SYSTEM = 9;
export const CREDIT = 10;
export const FORGET = 11;
export const TRACE = 12;
export const WANTS = 13;
export const BESIDE = 0x100;
/** How often a message has been passed on by threads that its sender took for the actor's, times this. */
export const HOP = 0x200;
/** Threads that know an actor by its address alone may be wrong in a circle. */
export const MOST_HOPS = 4;

/** What travels beside the ring with one frame. */
export interface BesideItem {
  /** The packed part, when it is too long for the ring. */
  readonly packed: Uint8Array | null;
  readonly parts: readonly unknown[];
}

/** Peers from this number on are other nodes, not threads. */
export const FIRST_NODE: number = MAX_THREAD_NUMBERS;

/** The thread of whoever never lived. */
export const NOWHERE = -1;

/** A ref as data. */
export type RefStamp = readonly [
  thread: number,
  incarnation: Incarnation,
  path: string,
  type: string,
  capacity: number,
  overflow: Overflow,
  foreign: Foreign | null,
];

/** What an actor of another node is called there. */
export interface Foreign {
  readonly node: NodeName;
  readonly incarnation: Incarnation;
  /** Of its node, when the actor was heard of; null: it is known by its address alone. */
  readonly life: number | null;
}

/** The life of a node that is over for all who hear of it. */
export const NO_LIFE = -1;

/** The context of a trace as data. */
export type TraceStamp = readonly [traceId: string, parentId: string | null, sampled: boolean, hops: number];

export type WireReason =
  | { readonly kind: Exclude<StopReason["kind"], "failed" | "restarted"> }
  | { readonly kind: "failed" | "restarted"; readonly error: WireError };

/** System messages between threads; `of` is the actor they are about. */
export type SystemFrame =
  // parent → child
  | {
      readonly kind: "spawn";
      readonly of: Incarnation;
      readonly type: string;
      readonly args: unknown;
      readonly name: string;
      readonly parentPath: string | null;
      readonly capacity: number;
      readonly overflow: Overflow;
      readonly restartedAfter: WireError | null;
    }
  | { readonly kind: "halt"; readonly of: Incarnation; readonly error: WireError }
  | { readonly kind: "begin" | "resume"; readonly of: Incarnation }
  // child → parent
  | { readonly kind: "failed"; readonly of: Incarnation; readonly error: WireError; readonly alive: boolean }
  | { readonly kind: "halted"; readonly of: Incarnation }
  | { readonly kind: "child-stopped"; readonly of: Incarnation }
  // anyone
  | { readonly kind: "stop"; readonly of: Incarnation; readonly reason: WireReason }
  | { readonly kind: "watch" | "unwatch"; readonly of: Incarnation }
  | { readonly kind: "link" | "unlink"; readonly of: Incarnation; readonly peer: Ref<unknown> }
  | { readonly kind: "terminated"; readonly of: Incarnation; readonly reason: WireReason }
  // the same to its watchers, though it may live on: its node is lost
  | { readonly kind: "unreachable"; readonly of: Incarnation; readonly reason: WireReason }
  // an actor known by its address alone is to be known by its incarnation from now on
  | {
      readonly kind: "locate";
      readonly of: Incarnation;
      readonly path: string;
      readonly foreign?: Foreign;
    }
  // who lives at that path of that node now? `of`: number of the ask
  | { readonly kind: "find"; readonly of: number; readonly where: string }
  // nobody waits for the answer to that ask any more; `of`: its number
  | { readonly kind: "withdraw"; readonly of: number }
  | { readonly kind: "withdrawn"; readonly of: number }
  // what the asker has sent before has come when the answer does
  | { readonly kind: "barrier" | "barrier-passed"; readonly of: Incarnation }
  // the receiver of a frame knows nobody of that incarnation
  | { readonly kind: "gone"; readonly of: Incarnation }
  // an actor whose thread was lost lives on another one
  | { readonly kind: "moved"; readonly of: Incarnation; readonly thread: number };
