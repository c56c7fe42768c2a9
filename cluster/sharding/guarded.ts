/**
 * A sharded actor's type with a guard in front: nothing is handled once the lease is lost by which its node owns the
 * shard, be it that the actor's stop is still on its way, or that the process was frozen until now. What was to be
 * handled then becomes a dead letter (`stashed`), a question fails, and the actor stops.
 */
import { isThenable, type Fence } from "../../runtime/contracts/index.ts";
import { actor, type ActorType, type TypedMailboxOptions } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { Lease } from "../membership/lease.ts";

/** What a sharded actor is started with. */
export interface Sharded {
  readonly key: string;
  /** Greater than that of all who had this shard before. Event-sourced actors write with it by themselves. */
  readonly fence: Fence;
}

export interface Placed {
  readonly args: Sharded;
  readonly lease: Lease;
}

interface Guarded<State> {
  readonly lease: Lease;
  state: State;
}

export function guarded<State, Message>(
  type: ActorType<Sharded, State, Message>,
): ActorType<Placed, unknown, Message> {
  const { name, mailbox, supervision } = type;
  const signal = type.signal;
  const { backoff, ...rules } = supervision;
  return actor<Placed, Guarded<State>, Message>({
    name,
    initial({ args, lease }, ctx) {
      if (!lease.isValid()) throw clusterError("SHARD_MOVED", `This node has lost the shard of ${args.key}`);
      const state = type.initial(args, ctx);
      return isThenable(state) ? (state as never) : { lease, state };
    },
    receive(guard, message, ctx) {
      if (!guard.lease.isValid()) {
        ctx.stash(message);
        ctx.stop();
        return guard;
      }
      return next(guard, type.receive(guard.state, message, ctx));
    },
    ...(signal === null
      ? {}
      : {
          signal(guard, happened, ctx) {
            if (guard.lease.isValid()) return next(guard, signal(guard.state, happened, ctx));
            ctx.stop();
            return guard;
          },
        }),
    stopped: ({ state }, reason, ctx) => type.stopped?.(state, reason, ctx),
    supervision: { ...rules, ...(backoff === null ? {} : { backoff }) },
    mailbox: mailbox as TypedMailboxOptions<Message>,
  });
}

/** A promise goes to the runtime as it is, which refuses it. */
function next<State>(guard: Guarded<State>, state: State): Guarded<State> {
  if (isThenable(state)) return state as never;
  guard.state = state;
  return guard;
}
