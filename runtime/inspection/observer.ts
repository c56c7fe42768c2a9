/**
 * The actor that looks inside the thread it lives on, for whoever asks it: from another thread, or another node.
 * What it is asked for and cannot do is the answer's failure, and never its own.
 */
import { actor, type ActorContext, type ActorType } from "../actor.ts";
import type { Reply } from "../ask.ts";
import type { Cancel } from "../contracts/index.ts";
import type { DeadLetter } from "../dead-letters.ts";
import type { ActorRef } from "../ref.ts";
import { Inspection, type ActorView, type TracedMessage } from "./inspection.ts";

/** What an operator can do with an actor. */
export type ActorAction = "pause" | "resume" | "restart" | "stop";

/** A dead letter as it is shown. */
export interface LetterView {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly target: string;
  readonly reason: DeadLetter["reason"];
  readonly text: string;
}

/** What an observer is asked and told. */
export type ObserverMessage =
  | { readonly kind: "actors"; readonly under: string | null; readonly reply: Reply<readonly ActorView[]> }
  | { readonly kind: "state"; readonly path: string; readonly reply: Reply<string> }
  | {
      readonly kind: "act";
      readonly action: ActorAction;
      readonly path: string;
      readonly reply: Reply<null>;
    }
  | {
      readonly kind: "trace";
      readonly path: string;
      readonly to: ActorRef<TracedMessage>;
      readonly reply: Reply<null>;
    }
  | {
      readonly kind: "untrace";
      readonly path: string;
      readonly to: ActorRef<TracedMessage>;
      /** Nothing is told after it. */
      readonly reply: Reply<null>;
    }
  | { readonly kind: "letters"; readonly most: number; readonly reply: Reply<readonly LetterView[]> }
  | { readonly kind: "replay-letters"; readonly reply: Reply<number> };

/** What an observer keeps. */
export interface Observing {
  readonly look: Inspection;
  /** By path and listener. */
  readonly traces: Map<string, Cancel>;
}

/** Its type; a node's app module lists it. */
export const observer: ActorType<undefined, Observing, ObserverMessage> = actor({
  name: "observer",
  initial: (_args: undefined, ctx: ActorContext<ObserverMessage>): Observing => ({
    look: new Inspection(ctx.system),
    traces: new Map(),
  }),
  receive(observing, message: ObserverMessage, ctx) {
    switch (message.kind) {
      case "actors":
        answer(message.reply, () => observing.look.actors(message.under ?? undefined));
        return observing;
      case "state":
        answer(message.reply, () => observing.look.state(message.path));
        return observing;
      case "act":
        answer(message.reply, () => {
          observing.look[message.action](message.path);
          return null;
        });
        return observing;
      case "trace":
        answer(message.reply, () => beginTrace(observing, message.path, message.to, ctx));
        return observing;
      case "untrace":
        endTrace(observing, message.path, message.to.address);
        ctx.unwatch(message.to);
        message.reply.send(null);
        return observing;
      case "letters":
        answer(message.reply, () => lettersOf(ctx, message.most));
        return observing;
      case "replay-letters":
        answer(message.reply, () => ctx.system.deadLetters.replay());
        return observing;
    }
  },
  signal(observing, { ref }) {
    // A listener that is gone traces nothing more.
    for (const key of [...observing.traces.keys()]) {
      if (key.endsWith(` ${ref.address}`)) endTrace(observing, key.slice(0, key.indexOf(" ")), ref.address);
    }
    return observing;
  },
  stopped({ traces }) {
    for (const cancel of traces.values()) cancel();
  },
});

function answer<Value>(reply: Reply<Value>, give: () => Value): void {
  try {
    reply.send(give());
  } catch (error) {
    reply.fail(error);
  }
}

function beginTrace(
  { look, traces }: Observing,
  path: string,
  to: ActorRef<TracedMessage>,
  ctx: ActorContext<ObserverMessage>,
): null {
  const key = keyOf(path, to.address);
  if (traces.has(key)) return null;
  traces.set(
    key,
    look.trace(path, (seen) => to.tell(seen)),
  );
  ctx.watch(to);
  return null;
}

function endTrace({ traces }: Observing, path: string, address: string): void {
  const key = keyOf(path, address);
  traces.get(key)?.();
  traces.delete(key);
}

/** Neither holds a blank. */
const keyOf = (path: string, address: string): string => `${path} ${address}`;

function lettersOf(ctx: ActorContext<ObserverMessage>, most: number): readonly LetterView[] {
  const letters = ctx.system.deadLetters.list();
  return letters.slice(-most).map(({ at, target, reason, message }) => ({
    at,
    target,
    reason,
    text: Inspection.textOf(message),
  }));
}
