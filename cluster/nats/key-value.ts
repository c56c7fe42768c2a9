/**
 * Keys and values that all nodes see, changed by compare-and-set alone.
 *
 * - Every change of a bucket has a revision, greater than all before it in that bucket, for ever.
 * - `expected` is the revision of the key's last change as the caller knows it, a removal too; 0: it never had one.
 *   Of two who expect the same revision, one wins.
 * - A watcher is told each key's last change, then every later one or the last of several, each key's in order.
 *   One may be told twice; revisions tell.
 */
export interface KeyValue {
  /** The last change of a key, a removal too; null: it never had one. @throws (rejects) KEY_VALUE_FAILED */
  get(key: string): Promise<KeyValueEntry | null>;
  /**
   * @returns the revision of this change.
   * @throws (rejects) KEY_VALUE_CONFLICT: nothing was changed; KEY_VALUE_FAILED: it may have been, or will be
   */
  put(key: string, value: Uint8Array, expected: number): Promise<number>;
  /** As `put`. */
  remove(key: string, expected: number): Promise<number>;
  /** Resolves when `seen` has been told all that there was. @throws (rejects) KEY_VALUE_FAILED */
  watch(seen: (entry: KeyValueEntry) => void): Promise<KeyValueWatch>;
}

/** What a key came to by its last change. */
export interface KeyValueEntry {
  readonly key: string;
  /** Null: it was removed. */
  readonly value: Uint8Array | null;
  readonly revision: number;
}

export interface KeyValueWatch {
  close(): void;
}
