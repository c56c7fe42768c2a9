/**
 * An unbalanced cobwebbed tree: nodes grow by chance, some branches much deeper than others, and each node is
 * an actor that knows its children. Then a wave goes from the root to all leaves and back, ten times over.
 */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const WAVES = 10;
const MOST_CHILDREN = 6;

type NodeMessage =
  | { readonly kind: "grow"; readonly child: ActorRef<NodeMessage> }
  | { readonly kind: "wave"; readonly from: ActorRef<CountMessage> };
interface CountMessage {
  readonly kind: "count";
  readonly nodes: number;
}

interface Node {
  readonly children: ActorRef<NodeMessage>[];
  from: ActorRef<CountMessage> | null;
  open: number;
  nodes: number;
}

const node: ActorType<undefined, Node, NodeMessage | CountMessage> = actor({
  name: "node",
  initial: (): Node => ({ children: [], from: null, open: 0, nodes: 0 }),
  receive(state, message: NodeMessage | CountMessage, ctx) {
    if (message.kind === "grow") {
      state.children.push(message.child);
      return state;
    }
    if (message.kind === "wave") {
      [state.from, state.open, state.nodes] = [message.from, state.children.length, 1];
      for (const child of state.children) child.tell({ kind: "wave", from: ctx.self });
    } else {
      state.open -= 1;
      state.nodes += message.nodes;
    }
    if (state.open === 0) state.from!.tell({ kind: "count", nodes: state.nodes });
    return state;
  },
});

interface Tree {
  readonly size: number;
  readonly root: ActorRef<NodeMessage> | null;
  readonly reply: Reply<number> | null;
  waves: number;
  nodes: number;
}

const gardener: ActorType<number, Tree, Start | CountMessage> = actor({
  name: "gardener",
  initial: (size: number): Tree => ({ size, root: null, reply: null, waves: 0, nodes: 0 }),
  receive(state, message: Start | CountMessage, ctx) {
    if (message.kind === "start") {
      const root = plant(
        state.size,
        () => ctx.spawn(node, undefined),
        (below) => ctx.random.below(below),
      );
      root.tell({ kind: "wave", from: ctx.self });
      return { ...state, root, reply: message.reply };
    }
    state.waves += 1;
    state.nodes += message.nodes;
    if (state.waves === WAVES) state.reply!.send(state.nodes);
    else state.root!.tell({ kind: "wave", from: ctx.self });
    return state;
  },
});

/** Grows at the newest node three times of four: that makes the tree deep on some sides and bare on others. */
function plant(
  size: number,
  spawn: () => ActorRef<NodeMessage>,
  chance: (below: number) => number,
): ActorRef<NodeMessage> {
  const root = spawn();
  const open = [root];
  let nodes = 1;
  while (nodes < size) {
    const at = chance(4) === 0 ? chance(open.length) : open.length - 1;
    const [parent] = open.splice(at, 1);
    const children = Math.min(size - nodes, 1 + chance(MOST_CHILDREN));
    for (let index = 0; index < children; index++) {
      const child = spawn();
      parent!.tell({ kind: "grow", child });
      open.push(child);
    }
    nodes += children;
  }
  return root;
}

export const cobwebbedTree: Scenario = {
  name: "unbalanced cobwebbed tree",
  unit: "visits",
  size: 50_000,
  quickSize: 1_000,
  operations: (size) => size * WAVES,
  expected: (size) => size * WAVES,
  play: (system, size) => started(system.spawn(gardener, size)),
};
