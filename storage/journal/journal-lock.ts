import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { MyriadError } from "../../runtime/contracts/index.ts";
import { storageError, systemCode } from "../errors.ts";
import {
  canBeAsked,
  mayBeAlive,
  ownLife,
  ownThread,
  parseLife,
  threadMayBeAlive,
  whereabouts,
} from "../process-life.ts";
import type { ProcessLife } from "../process-life.ts";
import { writeFailed } from "./segment-writer.ts";

/**
 * One opening of a journal's folder at a time, among all threads and processes of a host. Who has the folder is
 * written in its `owner.json`, which is there from opening to closing:
 *
 *   nobody's  ->  owned     link() of a record that was written whole under another name; of many one succeeds
 *   owned     ->  nobody's  its owner removes it
 *   dead      ->  owned     rename() of `owner.json.next` over it, by the owner of that file
 *
 * `owner.json.next` is the right to replace a dead record. It is taken by these same rules, so that one left by a
 * killed taker is taken over as well, by way of `owner.json.next.next`. Who has it looks at `owner.json` again,
 * and if that is dead still, moves its own record there; the one rename gives the right up, too.
 *
 * Why there are never two owners, however many come at once: a record that is there goes away by its living
 * owner's hand, or by the hand of `.next`'s owner when it is dead; and what is dead stays dead. So from the second
 * look to the rename nothing can happen to the name: link() fails on it, its owner is no more, nobody else has the
 * right. Whoever read the dead record and comes late finds a living one, or none, at the second look. `.next` has
 * one owner for the same reason one name further on, and there is a last name, at which no taker has died: there
 * link() alone decides. Who is refused was refused for somebody alive who has the folder or is about to.
 *
 * A record is dead
 *  - of this host, and of our namespaces of pids and time: when its process has ended (`process-life.ts`);
 *  - of this process: also when its thread has ended, where the kernel tells of threads (Linux). Elsewhere, and
 *    for other processes everywhere, the folder of a thread that died without closing is free when its process ends;
 *  - of another host or other namespaces (another container, a sandbox): never, since it cannot be asked, and
 *    Node has no lock of the kernel's to ask instead; the refusal says which file to remove. But a state
 *    directory has a lock of its own, taken first and held longer. A journal that is opened under it says so in its
 *    record: who finds such a record under that same lock knows that its owner is gone, and a container
 *    that comes back under another name, or in another namespace, has nothing to clean up;
 *  - when it is no record: it was whole before it got its name, so only a loss of power can have emptied it,
 *    and that has ended its owner. Later versions keep the fields of `ProcessLife`, or they are not seen.
 */
export class JournalLock {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /**
   * @param isGuarded the caller has the lock of the state directory that the folder is part of
   * @throws JOURNAL_IN_USE (nothing was touched), JOURNAL_WRITE_FAILED
   */
  static async take(directory: string, isGuarded: boolean): Promise<JournalLock> {
    const path = join(directory, "owner.json");
    const owner = { ...ownLife(), thread: ownThread(), isGuarded, token: randomUUID() };
    try {
      await take(path, owner);
    } catch (error) {
      throw error instanceof MyriadError ? error : writeFailed(path, error);
    }
    await removeDrafts(path).catch(() => undefined); // They take some bytes, and are in nobody's way.
    return new JournalLock(path, owner.token);
  }

  /** A record that came after ours was removed by hand stays. @throws JOURNAL_WRITE_FAILED */
  async release(): Promise<void> {
    try {
      const found = await find(this.#path);
      if (typeof found !== "string" && found.token === this.#token) await rm(this.#path);
    } catch (error) {
      throw writeFailed(this.#path, error);
    }
  }
}

interface Owner extends ProcessLife {
  /** By the kernel's name; null where it does not tell. */
  readonly thread: number | null;
  readonly isGuarded: boolean;
  /** Of this one opening. */
  readonly token: string;
}

async function take(path: string, owner: Owner): Promise<void> {
  for (;;) {
    const found = await find(path);
    if (found === "nothing") {
      if (await place(path, owner)) return;
    } else if (holds(found, owner)) throw inUse(path, found);
    else if (await replace(path, owner)) return;
  }
}

/** @returns false when another has been quicker, or has removed our draft as a dead one's */
async function place(path: string, owner: Owner): Promise<boolean> {
  const draft = `${path}.${owner.token}.draft`;
  try {
    await writeFile(draft, JSON.stringify(owner));
    return await isLinked(draft, path);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function isLinked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  }
}

/** @returns false when the record is not dead any more, or gone */
async function replace(path: string, owner: Owner): Promise<boolean> {
  const next = `${path}.next`;
  await take(next, owner);
  let isReplaced = false;
  try {
    const found = await find(path);
    if (found !== "nothing" && !holds(found, owner)) {
      await rename(next, path);
      isReplaced = true;
    }
  } finally {
    if (!isReplaced) await rm(next);
  }
  return isReplaced;
}

type Found = Owner | "noise" | "nothing";

function holds(found: Found, against: Owner): found is Owner {
  if (typeof found === "string") return false;
  if (!canBeAsked(found)) return !(found.isGuarded && against.isGuarded);
  return mayBeAlive(found) && (found.pid !== against.pid || threadMayBeAlive(found.thread));
}

async function find(path: string): Promise<Found> {
  try {
    return parseOwner(await readFile(path, "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "nothing";
    throw error;
  }
}

function parseOwner(text: string): Owner | "noise" {
  const value = parseJson(text);
  const life = parseLife(value);
  if (life === null) return "noise";
  const { thread, isGuarded, token } = value as Partial<Record<keyof Owner, unknown>>;
  return {
    ...life,
    thread: typeof thread === "number" ? thread : null,
    isGuarded: isGuarded === true,
    token: String(token),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Of those who were killed on their way to a link. Who is not dead, and misses its draft, writes another. */
async function removeDrafts(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  for (const found of await readdir(folder)) {
    if (found.startsWith(name) && found.endsWith(".draft")) await rm(join(folder, found), { force: true });
  }
}

function inUse(path: string, owner: Owner): Error {
  const where = whereabouts(owner);
  const isOurs = where === "" && owner.pid === process.pid;
  const remedy = where === "" ? "" : " It cannot be asked from here: remove the file if it is gone for good.";
  const message = `The journal is in use by process ${owner.pid}${isOurs ? " (this one)" : where}: ${path}.${remedy}`;
  return storageError("JOURNAL_IN_USE", message, { location: path });
}
