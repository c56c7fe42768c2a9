import type { PendingAppend } from "./pending-append.ts";

const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Group commit: while one batch is being written, appends gather for the next, so that many writers share
 * one sync. Batches are written strictly one after another, in the order of the appends, and chores between
 * them. `commit` settles every append of its batch; neither it nor a chore ever rejects.
 */
export class GroupCommit {
  readonly #commit: (batch: readonly PendingAppend[]) => Promise<void>;
  #gathering: PendingAppend[] = [];
  #chores: (() => Promise<void>)[] = [];
  #running: Promise<void> | null = null;

  constructor(commit: (batch: readonly PendingAppend[]) => Promise<void>) {
    this.#commit = commit;
  }

  add(append: PendingAppend): void {
    this.#gathering.push(append);
    this.#running ??= this.#run();
  }

  /** Does `chore` when no batch is being written. */
  between(chore: () => Promise<void>): void {
    this.#chores.push(chore);
    this.#running ??= this.#run();
  }

  /** Resolves when everything added so far is settled. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Appends of the same turn of the event loop belong to the first batch.
    await Promise.resolve();
    while (this.#gathering.length > 0 || this.#chores.length > 0) {
      const gathered = this.#gathering;
      const chores = this.#chores;
      this.#gathering = [];
      this.#chores = [];
      for (const batch of batchesOf(gathered)) await this.#commit(batch);
      for (const chore of chores) await chore();
    }
    this.#running = null;
  }
}

/** Cuts at about 4 MiB, so that a small append does not wait for a flood to be written in one piece. */
function* batchesOf(gathered: readonly PendingAppend[]): Iterable<readonly PendingAppend[]> {
  let start = 0;
  let sizeBytes = 0;
  for (let index = 0; index < gathered.length; index++) {
    const append = gathered[index]!;
    if (index > start && sizeBytes + append.payload.length > MAX_BATCH_BYTES) {
      yield gathered.slice(start, index);
      start = index;
      sizeBytes = 0;
    }
    sizeBytes += append.payload.length;
  }
  if (start < gathered.length) yield start === 0 ? gathered : gathered.slice(start);
}
