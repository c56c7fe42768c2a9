/**
 * A chat: rooms and members are actors. The lobby supervises the rooms, a room supervises its members. A
 * member that crashes is begun anew by its room, behind the same ref: it has forgotten what it heard, the
 * others see it come back, and nobody else is disturbed.
 *
 *     node dist/examples/actors/chat.js --demo
 *     node dist/examples/actors/chat.js          reads lines like those of DEMO
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setImmediate as eventLoopRound } from "node:timers/promises";
import { actor, createSystem } from "myriad-runtime/runtime";
import type { ActorRef } from "myriad-runtime/runtime";

const DEMO = `ann joins tea
ben joins tea
cleo joins chess
ann says hello
cleo says anybody for a game?
ben says crash
ann says are you still there?
ben says yes, but I have forgotten everything
ann leaves
ben says goodbye
`;

/** One line of input; the text is a room's title or what is said. */
interface Deed {
  readonly kind: "joins" | "says" | "leaves";
  readonly name: string;
  readonly text: string;
}

type MemberMessage =
  { readonly kind: "say"; readonly text: string } | { readonly kind: "hear"; readonly line: string };

type RoomMessage = Deed | { readonly kind: "ready" | "said"; readonly name: string; readonly text: string };

interface MemberArgs {
  readonly name: string;
  readonly room: ActorRef<RoomMessage>;
}

/** Its state is how many lines it has heard in this life. */
const member = actor({
  name: "member",
  initial({ name, room }: MemberArgs) {
    room.tell({ kind: "ready", name, text: "" });
    return { name, room, heard: 0 };
  },
  receive(state, message: MemberMessage) {
    if (message.kind === "hear") {
      console.log(`      ${state.name} has heard ${state.heard + 1}: ${message.line}`);
      return { ...state, heard: state.heard + 1 };
    }
    if (message.text === "crash") throw new Error(`${state.name} has fallen off the chair`);
    state.room.tell({ kind: "said", name: state.name, text: message.text });
    return state;
  },
});

interface RoomState {
  readonly title: string;
  readonly members: ReadonlyMap<string, ActorRef<MemberMessage>>;
  /** Who has been here before. */
  readonly known: ReadonlySet<string>;
}

const room = actor({
  name: "room",
  initial: (title: string): RoomState => ({ title, members: new Map(), known: new Set() }),
  receive(state, { kind, name, text }: RoomMessage, ctx): RoomState {
    const { members, known } = state;
    const ref = members.get(name);
    switch (kind) {
      case "joins": {
        const joined = ctx.spawn(member, { name, room: ctx.self });
        ctx.watch(joined);
        return { ...state, members: new Map(members).set(name, joined) };
      }
      case "says":
        ref?.tell({ kind: "say", text });
        return state;
      case "leaves":
        if (ref !== undefined) ctx.stop(ref);
        return state;
      case "ready":
        announce(state, name, `* ${name} is ${known.has(name) ? "back" : "here"}`);
        return { ...state, known: new Set(known).add(name) };
      case "said":
        announce(state, name, `${name}: ${text}`);
        return state;
    }
  },
  signal(state, { ref }): RoomState {
    const [name = "somebody"] = [...state.members].find(([, other]) => other.address === ref.address) ?? [];
    const members = new Map(state.members);
    members.delete(name);
    announce(state, name, `* ${name} has left`);
    return { ...state, members };
  },
  // Whoever crashes a fourth time within a minute fails the room; the lobby then begins it anew, empty.
  supervision: { maxRestarts: 3, withinMs: 60_000 },
});

function announce({ title, members }: RoomState, from: string, line: string): void {
  console.log(`${title.padEnd(5)} ${line}`);
  for (const [name, ref] of members) if (name !== from) ref.tell({ kind: "hear", line });
}

interface LobbyState {
  readonly rooms: Map<string, ActorRef<RoomMessage>>;
  /** Who is where. */
  readonly places: Map<string, ActorRef<RoomMessage>>;
}

const lobby = actor({
  name: "lobby",
  initial: (): LobbyState => ({ rooms: new Map(), places: new Map() }),
  receive({ rooms, places }, deed: Deed, ctx): LobbyState {
    const { kind, name, text } = deed;
    if (kind === "joins") {
      places.get(name)?.tell({ kind: "leaves", name, text });
      const place = rooms.get(text) ?? ctx.spawn(room, text);
      rooms.set(text, place);
      places.set(name, place);
    }
    places.get(name)?.tell(deed);
    return { rooms, places };
  },
});

const system = createSystem();
system.events.subscribe("actor-failed", ({ error, directive }) => {
  console.log(`!     ${(error as Error).message}: ${directive}`);
});
const door = system.spawn(lobby, undefined);
const input = process.argv.includes("--demo") ? Readable.from([DEMO]) : process.stdin;
for await (const line of createInterface({ input })) {
  const [, name, kind, text] = /^(\w+) (joins|says|leaves) ?(.*)$/.exec(line) ?? [];
  if (name === undefined) console.error(`Not understood: ${line}`);
  else door.tell({ kind: kind as Deed["kind"], name, text: text ?? "" });
  // What this line has caused is over when no actor has anything to handle.
  do await eventLoopRound();
  while (!system.idle);
}
await system.shutdown();
