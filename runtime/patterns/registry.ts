/**
 * Finds actors by name and by key. A name leads to one actor, a key to any number of them. The registry is an
 * actor, so its ref works from any thread; `Registry` says the same with promises.
 *
 * - An actor that stops loses its names and leaves its keys.
 * - A subscriber is first told all that there is, then each change, in order.
 * - What is no `RegistryMessage` it refuses: it becomes a dead letter, and nobody loses a name by it.
 */
import { actor, type ActorContext, type ActorType, type Spawner } from "../actor.ts";
import type { Address } from "../address.ts";
import type { Reply } from "../ask.ts";
import { hasMethods, isText } from "../contracts/index.ts";
import { check, runtimeError } from "../errors.ts";
import { Ref, type ActorRef, type AnyRef } from "../ref.ts";
import { Refusal } from "../refusal.ts";

/** What a subscriber of a registry is told. */
export type RegistryEvent =
  | { readonly kind: "registered" | "released"; readonly name: string; readonly ref: AnyRef }
  | { readonly kind: "joined" | "left"; readonly key: string; readonly ref: AnyRef };

/** What a registry takes. */
export type RegistryMessage =
  | { readonly kind: "register"; readonly name: string; readonly ref: AnyRef; readonly reply: Reply<null> }
  | { readonly kind: "release"; readonly name: string }
  | { readonly kind: "find"; readonly name: string; readonly reply: Reply<AnyRef | null> }
  | { readonly kind: "names"; readonly reply: Reply<readonly (readonly [name: string, ref: AnyRef])[]> }
  | { readonly kind: "join" | "leave"; readonly key: string; readonly ref: AnyRef }
  | { readonly kind: "list"; readonly key: string; readonly reply: Reply<readonly AnyRef[]> }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly to: ActorRef<RegistryEvent> };

/** What the registry holds about one actor. */
interface Entry {
  readonly ref: AnyRef;
  readonly names: Set<string>;
  readonly keys: Set<string>;
  subscribed: boolean;
}

/** What a registry knows. */
interface RegistryState {
  readonly names: Map<string, AnyRef>;
  readonly keys: Map<string, Map<Address, AnyRef>>;
  readonly entries: Map<Address, Entry>;
}

type Context = ActorContext<RegistryMessage>;

/** List it in the app to have a registry on another thread. */
export const registry: ActorType<undefined, unknown, RegistryMessage> = actor<
  undefined,
  RegistryState,
  RegistryMessage
>({
  name: "registry",
  initial: () => ({ names: new Map(), keys: new Map(), entries: new Map() }),
  receive(state, message, ctx) {
    if (!isMessage(message)) throw new Refusal([message], "it is no message to a registry");
    handle(state, message, ctx);
    return state;
  },
  signal(state, { ref }) {
    const entry = state.entries.get(ref.address);
    state.entries.delete(ref.address);
    for (const name of entry?.names ?? []) releaseName(state, name);
    for (const key of entry?.keys ?? []) leaveKey(state, key, ref);
    return state;
  },
});

/** A registry by promises. Each function throws, or rejects with, ARGUMENT_INVALID and REF_FOREIGN for what is no text or no ref. */
export class Registry {
  readonly ref: ActorRef<RegistryMessage>;

  /** @param ref of an actor of type `registry`, on whatever thread. @throws REF_FOREIGN */
  constructor(ref: ActorRef<RegistryMessage>) {
    Ref.targetOf(ref);
    this.ref = ref;
  }

  /** Starts one. @throws ARGUMENT_INVALID, and as `spawn` */
  static open(spawner: Spawner, name = "registry"): Registry {
    check(hasMethods(spawner, "spawn"), "ARGUMENT_INVALID", "A registry is opened by a spawner", spawner);
    return new Registry(spawner.spawn(registry, undefined, { name }));
  }

  /** Resolves when the name is taken for `ref`; it may be its own already. @throws (rejects) REGISTRY_NAME_TAKEN */
  async register(name: string, ref: AnyRef): Promise<void> {
    checkText(name);
    Ref.targetOf(ref);
    await this.ref.ask((reply: Reply<null>) => ({ kind: "register", name, ref, reply }));
  }

  /** Null: nobody has that name. That the actor takes such messages is the caller's knowledge. */
  async find<Message>(name: string): Promise<ActorRef<Message> | null> {
    checkText(name);
    const ref = await this.ref.ask((reply: Reply<AnyRef | null>) => ({ kind: "find", name, reply }));
    return ref as ActorRef<Message> | null;
  }

  /** All names with their actors, in the order they were taken. */
  async names(): Promise<ReadonlyMap<string, AnyRef>> {
    type Pairs = readonly (readonly [string, AnyRef])[];
    return new Map(await this.ref.ask((reply: Reply<Pairs>) => ({ kind: "names", reply })));
  }

  /** Those that have joined `key`, in that order. */
  async list<Message>(key: string): Promise<readonly ActorRef<Message>[]> {
    checkText(key);
    const refs = await this.ref.ask((reply: Reply<readonly AnyRef[]>) => ({ kind: "list", key, reply }));
    return refs as readonly ActorRef<Message>[];
  }

  release(name: string): void {
    checkText(name);
    this.ref.tell({ kind: "release", name });
  }

  join(key: string, ref: AnyRef): void {
    checkText(key);
    Ref.targetOf(ref);
    this.ref.tell({ kind: "join", key, ref });
  }

  leave(key: string, ref: AnyRef): void {
    checkText(key);
    Ref.targetOf(ref);
    this.ref.tell({ kind: "leave", key, ref });
  }

  /** An event for which the subscriber's mailbox has no room is lost to it. */
  subscribe(to: ActorRef<RegistryEvent>): void {
    Ref.targetOf(to);
    this.ref.tell({ kind: "subscribe", to });
  }

  unsubscribe(to: ActorRef<RegistryEvent>): void {
    Ref.targetOf(to);
    this.ref.tell({ kind: "unsubscribe", to });
  }
}

function checkText(given: string): void {
  check(isText(given), "ARGUMENT_INVALID", "The names and keys of a registry are texts", given);
}

/** What must be in a message of each kind. */
const MEMBERS = {
  register: ["name", "ref", "reply"],
  release: ["name"],
  find: ["name", "reply"],
  names: ["reply"],
  join: ["key", "ref"],
  leave: ["key", "ref"],
  list: ["key", "reply"],
  subscribe: ["to"],
  unsubscribe: ["to"],
} as const satisfies Readonly<Record<RegistryMessage["kind"], readonly (keyof typeof HOLDS)[]>>;
const KINDS: ReadonlyMap<unknown, readonly (keyof typeof HOLDS)[]> = new Map(Object.entries(MEMBERS));

const HOLDS = {
  name: isText,
  key: isText,
  ref: (given: unknown) => Ref.is(given),
  to: (given: unknown) => Ref.is(given),
  reply: (given: unknown) => hasMethods(given, "send", "fail"),
} as const;

function isMessage(given: unknown): boolean {
  if (typeof given !== "object" || given === null) return false;
  const message = given as Readonly<Record<string, unknown>>;
  return KINDS.get(message["kind"])?.every((member) => HOLDS[member](message[member])) === true;
}

function handle(state: RegistryState, message: RegistryMessage, ctx: Context): void {
  switch (message.kind) {
    case "register":
      register(state, message.name, message.ref, message.reply, ctx);
      return;
    case "release":
      release(state, message.name, ctx);
      return;
    case "find":
      message.reply.send(state.names.get(message.name) ?? null);
      return;
    case "names":
      message.reply.send([...state.names]);
      return;
    case "join":
      join(state, message.key, message.ref, ctx);
      return;
    case "leave":
      leave(state, message.key, message.ref, ctx);
      return;
    case "list":
      message.reply.send([...(state.keys.get(message.key)?.values() ?? [])]);
      return;
    case "subscribe":
      subscribe(state, message.to, ctx);
      return;
    case "unsubscribe":
      unsubscribe(state, message.to, ctx);
      return;
  }
}

function register(state: RegistryState, name: string, ref: AnyRef, reply: Reply<null>, ctx: Context): void {
  const holder = state.names.get(name);
  if (holder !== undefined && holder.address !== ref.address) {
    const message = `${holder.address} is registered as ${name}`;
    reply.fail(runtimeError("REGISTRY_NAME_TAKEN", message, { location: name }));
    return;
  }
  if (holder === undefined) {
    entryOf(state, ref, ctx).names.add(name);
    state.names.set(name, ref);
    publish(state, { kind: "registered", name, ref });
  }
  reply.send(null);
}

function release(state: RegistryState, name: string, ctx: Context): void {
  const ref = state.names.get(name);
  if (ref === undefined) return;
  const entry = entryOf(state, ref, ctx);
  entry.names.delete(name);
  releaseName(state, name);
  forgetIfEmpty(state, entry, ctx);
}

function join(state: RegistryState, key: string, ref: AnyRef, ctx: Context): void {
  const entry = entryOf(state, ref, ctx);
  if (entry.keys.has(key)) return;
  entry.keys.add(key);
  const members = state.keys.get(key) ?? new Map<Address, AnyRef>();
  state.keys.set(key, members);
  members.set(ref.address, ref);
  publish(state, { kind: "joined", key, ref });
}

function leave(state: RegistryState, key: string, ref: AnyRef, ctx: Context): void {
  const entry = state.entries.get(ref.address);
  if (entry?.keys.delete(key) !== true) return;
  leaveKey(state, key, ref);
  forgetIfEmpty(state, entry, ctx);
}

function subscribe(state: RegistryState, to: ActorRef<RegistryEvent>, ctx: Context): void {
  const entry = entryOf(state, to, ctx);
  if (entry.subscribed) return;
  entry.subscribed = true;
  for (const [name, ref] of state.names) tellSubscriber(to, { kind: "registered", name, ref });
  for (const [key, members] of state.keys) {
    for (const ref of members.values()) tellSubscriber(to, { kind: "joined", key, ref });
  }
}

function unsubscribe(state: RegistryState, to: AnyRef, ctx: Context): void {
  const entry = state.entries.get(to.address);
  if (entry === undefined) return;
  entry.subscribed = false;
  forgetIfEmpty(state, entry, ctx);
}

function releaseName(state: RegistryState, name: string): void {
  const ref = state.names.get(name)!;
  state.names.delete(name);
  publish(state, { kind: "released", name, ref });
}

function leaveKey(state: RegistryState, key: string, ref: AnyRef): void {
  const members = state.keys.get(key)!;
  members.delete(ref.address);
  if (members.size === 0) state.keys.delete(key);
  publish(state, { kind: "left", key, ref });
}

function entryOf(state: RegistryState, ref: AnyRef, ctx: Context): Entry {
  let entry = state.entries.get(ref.address);
  if (entry === undefined) {
    entry = { ref, names: new Set(), keys: new Set(), subscribed: false };
    state.entries.set(ref.address, entry);
    ctx.watch(ref);
  }
  return entry;
}

function forgetIfEmpty(state: RegistryState, entry: Entry, ctx: Context): void {
  if (entry.names.size > 0 || entry.keys.size > 0 || entry.subscribed) return;
  state.entries.delete(entry.ref.address);
  ctx.unwatch(entry.ref);
}

function publish(state: RegistryState, event: RegistryEvent): void {
  for (const { ref, subscribed } of state.entries.values()) if (subscribed) tellSubscriber(ref, event);
}

function tellSubscriber(to: AnyRef, event: RegistryEvent): void {
  try {
    (to as ActorRef<RegistryEvent>).tell(event);
  } catch {
    // A full mailbox is the subscriber's affair; the registry goes on for all others.
  }
}
