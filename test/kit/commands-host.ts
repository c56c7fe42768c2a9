/** A process that runs commands in sandboxes until it is killed. */
import { processEngine } from "../../kernels/sandbox/index.ts";

const engine = await processEngine({ workers: 2 });
const limits = { memoryMb: 64, cpuSeconds: 5, diskMb: 1, wallSeconds: 60, pids: 8, outputMb: 1 };
await engine.run({ programs: [{ command: ["sleep", "50"] }], order: [0, 0], limits });
