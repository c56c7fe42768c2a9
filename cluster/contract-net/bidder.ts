/**
 * The agent's side of a contract net: an actor that bids while it has room, holds that room for a task that it was
 * awarded, executes it, and forgets it.
 *
 *     announce ─▶ (free) ─award─▶ held ─execute─▶ running ─▶ (free)
 *                                  └─ reject, or `heldMs` without `execute` ─▶ (free)
 */
import { actor, type ActorContext, type ActorType, type Reply } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { Bid } from "./bids.ts";
import type { BidderMessage, NetTask } from "./contract-net.ts";

/** What an agent can do. */
export interface BidderDefinition<Data, Result> {
  /** Of the actor type. */
  readonly name: string;
  /** How many tasks it takes at once; default 1. */
  readonly capacity?: number;
  /** Milliseconds that room is held for a task that was awarded and does not come; default 30,000. */
  readonly heldMs?: number;
  /** @returns null: it does not take this one */
  bid(task: NetTask<Data>): Bid | null;
  /** @param signal aborted when the actor stops */
  execute(task: NetTask<Data>, signal: AbortSignal): Promise<Result>;
}

type Ended<Result> =
  | { readonly kind: "done"; readonly taskId: string; readonly result: Result; readonly reply: Reply<Result> }
  | {
      readonly kind: "failed";
      readonly taskId: string;
      readonly error: unknown;
      readonly reply: Reply<Result>;
    };

/** By the ids of their tasks: null, room is held; else what calls the execution off. */
type Places = ReadonlyMap<string, AbortController | null>;

/** Makes the actor type of an agent. */
export function bidder<Data, Result>(
  definition: BidderDefinition<Data, Result>,
): ActorType<undefined, Places, BidderMessage<Data, Result>> {
  const { name, capacity = 1, heldMs = 30_000 } = definition;
  return actor({
    name,
    initial: (): Places => new Map(),
    receive(places, message: BidderMessage<Data, Result> | Ended<Result>, ctx): Places {
      const hasRoom = places.size < capacity;
      switch (message.kind) {
        case "announce":
          message.reply.send(hasRoom ? definition.bid(message.task) : null);
          return places;
        case "award": {
          const { taskId, reply } = message;
          const takes = hasRoom && !places.has(taskId);
          reply.send(takes);
          if (!takes) return places;
          ctx.timers.single(held(taskId), heldMs, { kind: "reject", taskId });
          return new Map([...places, [taskId, null]]);
        }
        case "execute":
          return begin(definition, places, message, ctx);
        case "done":
          message.reply.send(message.result);
          return without(places, message.taskId);
        case "failed":
          message.reply.fail(message.error);
          return without(places, message.taskId);
        case "reject":
          return places.get(message.taskId) === null ? without(places, message.taskId) : places;
        case "confirm":
          return places;
      }
    },
    stopped(places) {
      for (const running of places.values()) running?.abort();
    },
  });
}

function begin<Data, Result>(
  definition: BidderDefinition<Data, Result>,
  places: Places,
  { task, reply }: Extract<BidderMessage<Data, Result>, { kind: "execute" }>,
  ctx: ActorContext<BidderMessage<Data, Result> | Ended<Result>>,
): Places {
  const { taskId } = task;
  if (places.get(taskId) !== null) {
    reply.fail(clusterError("TASK_NOT_AWARDED", `task ${taskId} was not awarded here, or not kept so long`));
    return places;
  }
  ctx.timers.cancel(held(taskId));
  const running = new AbortController();
  ctx.pipe(
    definition.execute(task, running.signal),
    (result): Ended<Result> => ({ kind: "done", taskId, result, reply }),
    (error): Ended<Result> => ({ kind: "failed", taskId, error, reply }),
  );
  return new Map([...places, [taskId, running]]);
}

const held = (taskId: string): string => `held/${taskId}`;

function without(places: Places, taskId: string): Places {
  return new Map([...places].filter(([id]) => id !== taskId));
}
