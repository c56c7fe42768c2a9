/**
 * An actor type as one measured actor has it: the same, except that `receive` is timed and traced. A cell
 * gets one in the place of its type where telemetry is on, and otherwise knows nothing of all this.
 */
import type { ActorContext, AnyActorType } from "../actor.ts";
import type { Cell } from "../cell.ts";
import { encodeError, type Clock } from "../contracts/index.ts";
import type { MailboxLimits } from "../mailbox.ts";
import { MeasuredMailbox, type Letter } from "./measured-mailbox.ts";
import type { Span } from "./span.ts";
import type { Tally } from "./tally.ts";
import type { TraceContext } from "./trace-context.ts";
import { Carried, MOST_HOPS, type Tracer } from "./tracer.ts";

export class Meter implements AnyActorType {
  readonly name: string;
  readonly signal: AnyActorType["signal"];
  readonly stopped: AnyActorType["stopped"];
  readonly supervision: AnyActorType["supervision"];
  readonly mailbox: AnyActorType["mailbox"];
  readonly layouts: AnyActorType["layouts"];
  readonly cell: Cell;
  readonly tally: Tally;
  readonly letters: MeasuredMailbox;
  readonly #type: AnyActorType;
  readonly #clock: Clock;
  readonly #tracer: Tracer | null;

  constructor(cell: Cell, type: AnyActorType, limits: MailboxLimits, tally: Tally, tracer: Tracer | null) {
    this.name = type.name;
    this.signal = type.signal;
    this.stopped = type.stopped;
    this.supervision = type.supervision;
    this.mailbox = type.mailbox;
    this.layouts = type.layouts;
    this.cell = cell;
    this.tally = tally;
    this.#type = type;
    this.#clock = cell.host.clock;
    this.#tracer = tracer;
    this.letters = new MeasuredMailbox(limits, type.mailbox.priority, tally, this.#clock, tracer);
  }

  initial(args: unknown, ctx: ActorContext<unknown>): unknown {
    return this.#type.initial(args, ctx);
  }

  receive(state: unknown, message: unknown, ctx: ActorContext<unknown>): unknown {
    const letter = this.letters.takeLetter();
    const startedAt = this.#clock.monotonic();
    if (letter !== null) this.tally.waitMs.record(startedAt - letter.at);
    if (this.#tracer !== null)
      return this.#receiveInTrace(state, message, ctx, letter, startedAt, this.#tracer);
    try {
      return this.#type.receive(state, message, ctx);
    } finally {
      this.tally.handlingMs.record(this.#clock.monotonic() - startedAt);
    }
  }

  #receiveInTrace(
    state: unknown,
    received: unknown,
    ctx: ActorContext<unknown>,
    letter: Letter | null,
    startedAt: number,
    tracer: Tracer,
  ): unknown {
    const carried = received instanceof Carried;
    const message = carried ? received.message : received;
    const context = carried ? received.context : (letter?.context ?? tracer.outgoing());
    const own = context.sampled ? tracer.begin(context) : context;
    tracer.current = own.hops < MOST_HOPS ? own : null;
    let thrown: unknown = NOTHING;
    try {
      return this.#type.receive(state, message, ctx);
    } catch (error) {
      thrown = error;
      throw error;
    } finally {
      tracer.current = null;
      const durationMs = this.#clock.monotonic() - startedAt;
      this.tally.handlingMs.record(durationMs);
      if (context.sampled) {
        const waitedMs = letter === null ? 0 : startedAt - letter.at;
        this.#endSpan(tracer, context, own, message, { startedAt, durationMs, waitedMs }, thrown);
      }
    }
  }

  #endSpan(
    tracer: Tracer,
    { traceId, parentId }: TraceContext,
    own: TraceContext,
    message: unknown,
    times: { readonly startedAt: number; readonly durationMs: number; readonly waitedMs: number },
    thrown: unknown,
  ): void {
    const kind = kindOf(message);
    tracer.ended({
      traceId,
      spanId: own.parentId!,
      parentSpanId: parentId,
      name: kind === null ? this.name : `${this.name} ${kind}`,
      type: this.name,
      kind,
      address: this.cell.address,
      thread: this.cell.thread,
      ...times,
      startedAt: tracer.epochOf(times.startedAt),
      error: thrown === NOTHING ? null : errorOf(thrown),
    });
  }
}

/** Anything may be thrown, undefined too. */
const NOTHING = Symbol("nothing");

function errorOf(thrown: unknown): Span["error"] {
  const { code, message } = encodeError(thrown);
  return { code, message };
}

function kindOf(message: unknown): string | null {
  if (typeof message !== "object" || message === null) return null;
  const { kind } = message as { readonly kind?: unknown };
  return typeof kind === "string" ? kind : null;
}
