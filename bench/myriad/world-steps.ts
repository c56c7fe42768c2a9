/**
 * How many steps a second the testkit's simulated world takes: three nodes of four threads each, whose actors
 * have each other add numbers.
 */
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { createWorld, type World } from "../../runtime/testkit/index.ts";
import { timed, type Run } from "./measuring.ts";
import { app, typedSummer, type SummerMessage } from "./thread-app.ts";

const NODES = ["b", "c"] as const;
const ACTORS = 24;
const ROUND = 1_000;

export function worldSteps(): Run {
  return async (size) => {
    const world = createWorld({ app, threads: 3, nodes: NODES });
    const refs = spawnEverywhere(world);
    const stepsBefore = world.steps;
    const measured = await timed(size, async (finish) => {
      for (let value = 0; value < size;) {
        const end = Math.min(size, value + ROUND);
        for (; value < end; value++) refs[value % ACTORS]!.tell({ kind: "add", id: 0, value });
        await world.settle();
      }
      finish(await totalOf(world, refs));
    });
    const steps = world.steps - stepsBefore;
    await world.shutdown();
    return { ...measured, figure: steps / measured.seconds };
  };
}

/** As the first node's main thread refers to them. */
function spawnEverywhere(world: World): readonly ActorRef<SummerMessage>[] {
  const systems = ["local", ...NODES].map((node) => world.node(node));
  return Array.from({ length: ACTORS }, (_, index) => {
    const system = systems[index % systems.length]!;
    const placement = { thread: Math.floor(index / systems.length) % 4 };
    const { address } = system.spawn(typedSummer, undefined, { placement });
    return world.system.resolve(address);
  });
}

async function totalOf(world: World, refs: readonly ActorRef<SummerMessage>[]): Promise<number> {
  const totals = Promise.all(
    refs.map((ref) => ref.ask((reply: Reply<number>) => ({ kind: "total", reply }))),
  );
  await world.settle();
  return (await totals).reduce((sum, total) => sum + total, 0);
}
