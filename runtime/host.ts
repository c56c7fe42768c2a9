/** What a cell needs of the system it lives in. */
import type { AnyActorType, StopReason } from "./actor.ts";
import type { Incarnation, NodeName } from "./address.ts";
import type { Deadlines } from "./ask.ts";
import type { Cell, Failure } from "./cell.ts";
import type { Clock, Random } from "./contracts/index.ts";
import type { DeadLetterReason } from "./dead-letters.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EventStream } from "./event-stream.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Target } from "./ref.ts";
import type { ActorSystem } from "./system.ts";

export interface Host {
  readonly system: ActorSystem;
  readonly node: NodeName;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventStream<RuntimeEvent>;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  nextIncarnation(): Incarnation;
  automaticName(): string;
  /** @throws ACTOR_TYPE_UNKNOWN */
  typeNamed(name: string): AnyActorType;
  /** Books a message, or ends an `Ask`, that will not be handled. */
  undelivered(target: Target, item: unknown, reason: DeadLetterReason): void;
  started(cell: Cell, restartedAfter: Failure | null): void;
  stopped(cell: Cell, reason: StopReason): void;
}
