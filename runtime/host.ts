/** What a cell needs of the system it lives in. */
import type { AnyActorType, StopReason } from "./actor.ts";
import type { Incarnation, NodeName } from "./address.ts";
import type { Deadlines } from "./ask.ts";
import type { Cell } from "./cell.ts";
import type { Clock, Random } from "./contracts/index.ts";
import type { DeadLetterReason } from "./dead-letters.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EventStream } from "./event-stream.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Child, Failure } from "./family.ts";
import type { MailboxLimits } from "./mailbox.ts";
import type { Placement } from "./placement.ts";
import type { Target } from "./ref.ts";
import type { ActorSystem } from "./system.ts";
import type { ThreadTelemetry } from "./telemetry/thread-telemetry.ts";

export interface Host {
  readonly system: ActorSystem;
  readonly root: Cell;
  readonly node: NodeName;
  /** Which thread of the node this is; 0 is the main one. */
  readonly thread: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventStream<RuntimeEvent>;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  /** Null: it is off. */
  readonly telemetry: ThreadTelemetry | null;
  nextIncarnation(): Incarnation;
  /** For an automatic name. */
  nameNumber(): number;
  /** @throws ACTOR_TYPE_UNKNOWN */
  typeNamed(name: string): AnyActorType;
  typeIfKnown(name: string): AnyActorType | undefined;
  /** Books a message, or ends an `Ask`, that will not be handled. */
  undelivered(target: Target, item: unknown, reason: DeadLetterReason): void;
  started(cell: Cell, restartedAfter: Failure | null): void;
  stopped(cell: Cell, reason: StopReason): void;
  /** Tells another thread or node that `count` of its messages to an actor of this one have found room. */
  confirm(peer: number, incarnation: Incarnation, count: number): void;
  /** Starts a child elsewhere. @returns null: it is to be started on this thread. */
  spawnElsewhere(
    parent: Cell,
    type: AnyActorType,
    args: unknown,
    name: string,
    limits: MailboxLimits,
    placement: Placement,
  ): Child | null;
}
