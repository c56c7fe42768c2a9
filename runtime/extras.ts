/**
 * What few actors have, or not for long. A cell makes it with the first part that it needs, so that an actor
 * which only handles messages stays a small object: most of what a spawn costs is bytes.
 */
import type { Ask } from "./ask.ts";
import type { Children } from "./children.ts";
import type { Random } from "./contracts/index.ts";
import type { Ending } from "./ending.ts";
import type { Failure } from "./family.ts";
import type { Inflow } from "./inflow.ts";
import type { Orders } from "./orders.ts";
import type { Pause, Room } from "./room.ts";
import { RunQueue } from "./run-queue.ts";
import type { Supervisor } from "./supervisor.ts";
import type { SystemMessage } from "./system-message.ts";
import type { Ties } from "./ties.ts";

export class Extras {
  /** System messages that wait. */
  readonly system: RunQueue<SystemMessage> = new RunQueue();
  children: Children | null = null;
  supervisor: Supervisor | null = null;
  ties: Ties | null = null;
  /** Of this life. */
  orders: Orders | null = null;
  /** Asks that were handled and not answered. */
  unanswered: Set<Ask> | null = null;
  failure: Failure | null = null;
  /** Of this life, once it has begun; it stays after the actor's own. */
  ending: Ending | null = null;
  /** Grows with each end of a life; what an earlier one has ordered is stale. */
  life = 0;
  /** The actor's own stream of chance. */
  random: Random | null = null;
  /** Who waits for room in this mailbox. */
  room: Room | null = null;
  /** This actor's own waiting for room elsewhere. */
  pause: Pause | null = null;
  inflow: Inflow | null = null;
}
