import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes that survive the loss of power once they resolve.
 * They throw the operating system's own error; the caller knows what the file was for.
 */

/** Replaces `path` whole: readers see the old bytes or the new ones, never a mixture. */
export async function writeFileDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await writeAndSync(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Makes the folder and those above it, durable as well. Step by step: Node's own recursive mkdir never
 * returns where the system says that a folder cannot be in one that exists, as under /proc.
 */
export async function makeDirectoryDurably(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectoryDurably(parent);
  await mkdir(path).catch((error: unknown) => ignoreMadeMeanwhile(path, error));
  await syncDirectory(parent);
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

async function ignoreMadeMeanwhile(path: string, error: unknown): Promise<void> {
  if (!(await isDirectory(path))) throw error;
}

/** Makes creations, renames and removals in the folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
