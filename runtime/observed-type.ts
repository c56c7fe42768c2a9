/** An actor type whose messages somebody sees before they are handled. */
import type { AnyActorType } from "./actor.ts";

const ORIGINALS = new WeakMap<AnyActorType, AnyActorType>();

/** From now on `seen` gets each message of an actor before it is handled; null: nobody does. */
export function observe(cell: { type: AnyActorType }, seen: ((message: unknown) => void) | null): void {
  const type = unobserved(cell.type);
  cell.type = seen === null ? type : observed(type, seen);
}

function observed(type: AnyActorType, seen: (message: unknown) => void): AnyActorType {
  const { name, supervision, mailbox, layouts, signal, stopped } = type;
  // Member by member: of a type that measures they are methods of its class.
  const copy: AnyActorType = {
    name,
    supervision,
    mailbox,
    layouts,
    initial: (args, ctx) => type.initial(args, ctx),
    receive(state, message, ctx) {
      seen(message);
      return type.receive(state, message, ctx);
    },
    signal: signal === null ? null : (state, one, ctx) => type.signal!(state, one, ctx),
    stopped: stopped === null ? null : (state, reason, ctx) => type.stopped!(state, reason, ctx),
  };
  ORIGINALS.set(copy, type);
  return copy;
}

/** The type as it was, of one that is observed; of any other itself. */
export function unobserved(type: AnyActorType): AnyActorType {
  return ORIGINALS.get(type) ?? type;
}
