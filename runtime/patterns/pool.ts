/**
 * An actor that spawns workers of one type, supervises them, and passes each message on to one of them.
 *
 * - A worker that crashes is dealt with by `supervision`, as any child; what waits for it stays with it.
 * - A worker that stops leaves the pool; when the last one has left, the pool stops.
 * - Workers' mailboxes make the pool wait when they are full: its own then fills, and its policy decides.
 * - A message that cannot be passed on is refused: it becomes a dead letter, and the workers live on.
 * - A question is passed on with its reply. A worker that crashes over it does not fail it: it times out.
 */
import { actor, type ActorContext, type ActorType } from "../actor.ts";
import { isActorType } from "../actor-type.ts";
import { isObject, isWhole } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { TypedMailboxOptions } from "../mailbox.ts";
import type { Placement } from "../placement.ts";
import type { ActorRef } from "../ref.ts";
import { Refusal } from "../refusal.ts";
import type { Supervision } from "../supervision.ts";
import { checkRoute, type Route } from "./route.ts";
import { router, type Router } from "./router.ts";

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
  /** How many workers, from 1 to 1,000,000. */
  readonly size: number;
  /** Of each worker. */
  readonly args: Args;
  /** Of each worker; default `local`. With `spread` they are dealt out over all threads. */
  readonly placement?: Placement;
}

const MOST_WORKERS = 1_000_000;

/** What a pool knows of its workers. */
interface PoolState<Message> {
  readonly workers: readonly ActorRef<Message>[];
  readonly router: Router<Message>;
}

/**
 * The type of a pool.
 * @throws ACTOR_NAME_INVALID, ACTOR_TYPE_INVALID, ROUTER_INVALID, SUPERVISION_INVALID, MAILBOX_INVALID; a size of 0
 *   fails the actor with ROUTER_EMPTY, any other that makes no sense with ROUTER_INVALID
 */
export function pool<Args, State, Message>(
  definition: PoolDefinition<Args, State, Message>,
): ActorType<PoolArgs<Args>, unknown, Message> {
  check(isObject(definition), "ACTOR_TYPE_INVALID", "A pool is made of its definition", definition);
  const { name, worker, route, supervision, mailbox } = definition;
  check(isActorType(worker), "ACTOR_TYPE_INVALID", "worker of a pool is made by actor(...)", worker);
  if (route !== undefined) checkRoute(route);
  const over = (workers: readonly ActorRef<Message>[]): PoolState<Message> => ({
    workers,
    router: router(workers, route),
  });
  return actor<PoolArgs<Args>, PoolState<Message>, Message>({
    name,
    initial(given, ctx) {
      check(
        isObject(given),
        "ROUTER_INVALID",
        "A pool is spawned with its size and its workers' args",
        given,
      );
      const { size, args, placement = "local" } = given;
      const isSize = isWhole(size, 0) && size <= MOST_WORKERS;
      check(isSize, "ROUTER_INVALID", `The size of a pool is a whole number from 1 to ${MOST_WORKERS}`, size);
      return over(Array.from({ length: size }, () => spawnWorker(ctx, worker, args, placement)));
    },
    receive(state, message) {
      try {
        state.router.tell(message);
      } catch (cause) {
        throw new Refusal([message], "it could not be passed on", cause);
      }
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
