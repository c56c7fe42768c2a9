/** One scenario in a process of its own: `child.js "thread ring" 100000`. */
import { seededRandom } from "../../runtime/contracts/index.ts";
import { createSystem } from "../../runtime/index.ts";
import { timed } from "../myriad/measuring.ts";
import { SCENARIOS } from "./scenarios.ts";

const [name, sizeText, seedText] = process.argv.slice(2);
const scenario = SCENARIOS.find((one) => one.name === name)!;
const size = Number(sizeText);

const play = async (count: number): Promise<number> => {
  const system = createSystem({ random: seededRandom(Number(seedText)) });
  const result = await scenario.play(system, count);
  await system.shutdown();
  return result;
};
await play(Math.ceil(size / 10));
const measured = await timed(scenario.operations(size), async (finish) => finish(await play(size)));
process.stdout.write(`${JSON.stringify(measured)}\n`);
