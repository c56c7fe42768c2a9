import type { Revision } from "../../runtime/contracts/index.ts";

/** One append on its way to the disk. */
export interface PendingAppend<Request> {
  readonly request: Request;
  readonly sizeBytes: number;
  readonly resolve: (revision: Revision) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Group commit: while one batch is being written, appends gather for the next, so that many writers share
 * one sync. Batches are written strictly one after another, in the order of the appends.
 * `commit` settles every append of its batch and never rejects.
 */
export class GroupCommit<Request> {
  readonly #commit: (batch: readonly PendingAppend<Request>[]) => Promise<void>;
  #gathering: PendingAppend<Request>[] = [];
  #running: Promise<void> | null = null;

  constructor(commit: (batch: readonly PendingAppend<Request>[]) => Promise<void>) {
    this.#commit = commit;
  }

  add(request: Request, sizeBytes: number): Promise<Revision> {
    return new Promise((resolve, reject) => {
      this.#gathering.push({ request, sizeBytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything added so far is settled. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Appends of the same turn of the event loop belong to the first batch.
    await Promise.resolve();
    while (this.#gathering.length > 0) {
      const gathered = this.#gathering;
      this.#gathering = [];
      for (const batch of batchesOf(gathered)) await this.#commit(batch);
    }
    this.#running = null;
  }
}

/** Cuts at about 4 MiB, so that a small append does not wait for a flood to be written in one piece. */
function* batchesOf<Request>(
  gathered: readonly PendingAppend<Request>[],
): Iterable<readonly PendingAppend<Request>[]> {
  let batch: PendingAppend<Request>[] = [];
  let sizeBytes = 0;
  for (const append of gathered) {
    if (batch.length > 0 && sizeBytes + append.sizeBytes > MAX_BATCH_BYTES) {
      yield batch;
      batch = [];
      sizeBytes = 0;
    }
    batch.push(append);
    sizeBytes += append.sizeBytes;
  }
  if (batch.length > 0) yield batch;
}
