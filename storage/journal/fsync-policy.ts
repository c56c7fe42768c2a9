import { isObject, shown } from "../../runtime/contracts/index.ts";
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";

/**
 * When what was appended is forced to the disk. It survives a killed process under every policy; the loss of
 * power takes, under
 * - `always`: nothing that was confirmed; each group of appends is confirmed after its fdatasync;
 * - `{ intervalMs }`: at most what was confirmed in the last `intervalMs` milliseconds;
 * - `never`: whatever the system has not written back by itself, often the last 30 seconds.
 * Closing the journal forces everything to the disk, and so does each new segment.
 */
export type FsyncPolicy = "always" | "never" | { readonly intervalMs: number };

/** @throws JOURNAL_OPTION_INVALID */
export function checkFsyncPolicy(policy: FsyncPolicy): void {
  if (policy === "always" || policy === "never") return;
  const intervalMs = isObject(policy) ? policy.intervalMs : NaN;
  if (Number.isFinite(intervalMs) && intervalMs > 0) return;
  throw storageError(
    "JOURNAL_OPTION_INVALID",
    `fsync of a journal is always, never or { intervalMs }, not ${shown(policy)}.`,
  );
}

/**
 * Decides which frame is synced. Under `{ intervalMs }` that is the first one written when the interval is
 * over; if none comes, `onIdle` is called to sync what there is.
 */
export class SyncBeat {
  readonly #policy: FsyncPolicy;
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  #lastSyncAt: number;
  #cancel: Cancel | null = null;

  constructor(policy: FsyncPolicy, clock: Clock, onIdle: () => void) {
    this.#policy = policy;
    this.#clock = clock;
    this.#onIdle = onIdle;
    this.#lastSyncAt = clock.monotonic();
  }

  /** Whether the frame that is about to be written is to be synced. */
  due(): boolean {
    if (typeof this.#policy === "string") return this.#policy === "always";
    return this.#clock.monotonic() - this.#lastSyncAt >= this.#policy.intervalMs;
  }

  /** A frame was written; @param synced so that all is on the disk. */
  wrote(synced: boolean): void {
    if (typeof this.#policy === "string") return;
    if (synced) this.synced();
    else this.#cancel ??= this.#clock.schedule(this.#msLeft(this.#policy.intervalMs), this.#idle);
  }

  synced(): void {
    this.#lastSyncAt = this.#clock.monotonic();
    this.stop();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #msLeft(intervalMs: number): number {
    return Math.max(0, this.#lastSyncAt + intervalMs - this.#clock.monotonic());
  }

  readonly #idle = (): void => {
    this.#cancel = null;
    this.#onIdle();
  };
}
