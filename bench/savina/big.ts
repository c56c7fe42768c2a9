/** Many to many: each of 120 actors sends pings to others chosen by chance and waits for the pong. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const ACTORS = 120;

type PeerMessage =
  | { readonly kind: "peers"; readonly peers: readonly ActorRef<PeerMessage>[] }
  | { readonly kind: "ping"; readonly from: ActorRef<PeerMessage>; readonly number: number }
  | { readonly kind: "pong"; readonly number: number };

interface Peer {
  readonly sink: ActorRef<Finished>;
  readonly wanted: number;
  readonly peers: readonly ActorRef<PeerMessage>[];
  answered: number;
}
interface Finished {
  readonly kind: "finished";
  readonly pings: number;
}
type PeerArgs = Pick<Peer, "sink" | "wanted">;

const peer: ActorType<PeerArgs, Peer, PeerMessage> = actor({
  name: "peer",
  initial: (args: PeerArgs): Peer => ({ ...args, peers: [], answered: 0 }),
  receive(state, message: PeerMessage, ctx) {
    if (message.kind === "ping") {
      message.from.tell({ kind: "pong", number: message.number });
      return state;
    }
    if (message.kind === "peers") state = { ...state, peers: message.peers };
    else if (message.number === state.answered) state.answered += 1;
    else throw new Error(`pong ${message.number} where ${state.answered} was due`);
    if (state.answered === state.wanted) state.sink.tell({ kind: "finished", pings: state.answered });
    else {
      const other = state.peers[ctx.random.below(state.peers.length)]!;
      other.tell({ kind: "ping", from: ctx.self, number: state.answered });
    }
    return state;
  },
});

interface Sink {
  readonly wanted: number;
  readonly reply: Reply<number> | null;
  finished: number;
  pings: number;
}

const sink: ActorType<number, Sink, Start | Finished> = actor({
  name: "sink",
  initial: (wanted: number): Sink => ({ wanted, reply: null, finished: 0, pings: 0 }),
  receive(state, message: Start | Finished, ctx) {
    if (message.kind === "finished") {
      state.pings += message.pings;
      state.finished += 1;
      if (state.finished === ACTORS) state.reply!.send(state.pings);
      return state;
    }
    const args = { sink: ctx.self, wanted: state.wanted };
    const peers = Array.from({ length: ACTORS }, () => ctx.spawn(peer, args));
    for (const ref of peers) ref.tell({ kind: "peers", peers });
    return { ...state, reply: message.reply };
  },
});

export const big: Scenario = {
  name: "big",
  unit: "pings",
  size: 10_000,
  quickSize: 100,
  operations: (size) => ACTORS * size,
  expected: (size) => ACTORS * size,
  play: (system, size) => started(system.spawn(sink, size)),
};
