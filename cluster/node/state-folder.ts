import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Makes the folder when it is not there; git then leaves it alone. */
export async function makeStateFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await writeFile(join(folder, ".gitignore"), "*\n");
}
