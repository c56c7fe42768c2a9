/** Whether commands can be run in sandboxes on this machine. */
import { existsSync } from "node:fs";
import { processEngine } from "../../kernels/sandbox/index.ts";

/** Why not; null when they can. @param program of /usr/bin that the test needs. */
export async function whyNoCommands(program: string): Promise<string | null> {
  if (!existsSync(`/usr/bin/${program}`)) return `no /usr/bin/${program}`;
  try {
    await processEngine({ workers: 1 });
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
