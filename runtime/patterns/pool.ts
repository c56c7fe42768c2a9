/**
 * An actor that spawns workers of one type, supervises them, and passes each message on to one of them.
 *
 * - A worker that crashes is dealt with by `supervision`, as any child; what waits for it stays with it.
 * - A worker that stops leaves the pool; when the last one has left, the pool stops.
 * - Workers' mailboxes make the pool wait when they are full: its own then fills, and its policy decides.
 * - A question is passed on with its reply. A worker that crashes over it does not fail it: it times out.
 */
import { actor, type ActorContext, type ActorType } from "../actor.ts";
import type { TypedMailboxOptions } from "../mailbox.ts";
import type { Placement } from "../placement.ts";
import type { ActorRef } from "../ref.ts";
import type { Supervision } from "../supervision.ts";
import { router, type Route, type Router } from "./router.ts";

/** What you write of a pool: of which type its workers are, and how one is chosen. */
export interface PoolDefinition<Args, State, Message> {
  readonly name: string;
  readonly worker: ActorType<Args, State, Message>;
  /** Default `round-robin`. */
  readonly route?: Route<Message>;
  readonly supervision?: Supervision;
  /** The pool's own. */
  readonly mailbox?: TypedMailboxOptions<Message>;
}

/** What one pool is spawned with. */
export interface PoolArgs<Args> {
  /** How many workers, at least 1. */
  readonly size: number;
  /** Of each worker. */
  readonly args: Args;
  /** Of each worker; default `local`. With `spread` they are dealt out over all threads. */
  readonly placement?: Placement;
}

/** What a pool knows of its workers. */
interface PoolState<Message> {
  readonly workers: readonly ActorRef<Message>[];
  readonly router: Router<Message>;
}

/**
 * The type of a pool.
 * @throws ACTOR_NAME_INVALID, SUPERVISION_INVALID, MAILBOX_INVALID; a size below 1 fails the actor with ROUTER_EMPTY
 */
export function pool<Args, State, Message>(
  definition: PoolDefinition<Args, State, Message>,
): ActorType<PoolArgs<Args>, unknown, Message> {
  const { name, worker, route, supervision, mailbox } = definition;
  const over = (workers: readonly ActorRef<Message>[]): PoolState<Message> => ({
    workers,
    router: router(workers, route),
  });
  return actor<PoolArgs<Args>, PoolState<Message>, Message>({
    name,
    initial: ({ size, args, placement = "local" }, ctx) =>
      over(Array.from({ length: size }, () => spawnWorker(ctx, worker, args, placement))),
    receive(state, message) {
      state.router.tell(message);
      return state;
    },
    signal(state, { ref }, ctx) {
      const workers = state.workers.filter((one) => one.address !== ref.address);
      if (workers.length > 0) return over(workers);
      ctx.stop();
      return state;
    },
    ...(supervision === undefined ? {} : { supervision }),
    ...(mailbox === undefined ? {} : { mailbox }),
  });
}

function spawnWorker<Args, State, Message>(
  ctx: ActorContext<Message>,
  worker: ActorType<Args, State, Message>,
  args: Args,
  placement: Placement,
): ActorRef<Message> {
  const ref = ctx.spawn(worker, args, { placement, mailbox: { overflow: "wait" } });
  ctx.watch(ref);
  return ref;
}
