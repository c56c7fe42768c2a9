import type { ActorDefinition, ActorType, AnyActorType } from "./actor.ts";
import { mailboxLimits, type MailboxLimits } from "./mailbox.ts";
import { supervisionRules, type SupervisionRules } from "./supervision.ts";
import { checkLayouts, type Layout } from "./threads/layout.ts";

/** Of a class, so that a look tells an actor type from its definition, which has members of the same names. */
export class MadeType<Args, State, Message> implements ActorType<Args, State, Message> {
  readonly #made = true;
  readonly name: string;
  readonly initial: ActorType<Args, State, Message>["initial"];
  readonly receive: ActorType<Args, State, Message>["receive"];
  readonly signal: ActorType<Args, State, Message>["signal"];
  readonly stopped: ActorType<Args, State, Message>["stopped"];
  readonly supervision: SupervisionRules;
  readonly mailbox: MailboxLimits;
  readonly layouts: Readonly<Record<string, Layout>>;

  constructor(definition: ActorDefinition<Args, State, Message>) {
    this.name = definition.name;
    this.initial = definition.initial.bind(definition);
    this.receive = definition.receive.bind(definition);
    this.signal = definition.signal?.bind(definition) ?? null;
    this.stopped = definition.stopped?.bind(definition) ?? null;
    this.supervision = supervisionRules(definition.supervision);
    this.mailbox = mailboxLimits(definition.mailbox);
    this.layouts = checkLayouts(definition.layouts ?? {});
  }

  static is(given: unknown): boolean {
    return typeof given === "object" && given !== null && #made in given;
  }
}

/** Whether `actor` has made it. */
export function isActorType(given: unknown): given is AnyActorType {
  return MadeType.is(given);
}
