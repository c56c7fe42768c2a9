/**
 * What a server can do, by its version: an older one ignores much of it in silence, so it is asked for here
 * before it is used.
 */

export interface NatsFeatures {
  readonly version: string;
  /** A consumer of several subjects. */
  readonly manyFilters: boolean;
  /** Messages that end after a time of their own. */
  readonly messageTtl: boolean;
  /** Of writers that expect the same last sequence one wins also where several servers keep the stream. */
  readonly replicatedCompare: boolean;
}

const VERSION = /^(\d+)\.(\d+)\./;

/** What the server of that version can do; of one that tells no version: the least. */
export function featuresOf(version: string): NatsFeatures {
  const [, major = "0", minor = "0"] = VERSION.exec(version) ?? [];
  const isFrom = (least: number): boolean =>
    Number(major) > 2 || (Number(major) === 2 && Number(minor) >= least);
  return { version, manyFilters: isFrom(10), messageTtl: isFrom(11), replicatedCompare: isFrom(15) };
}
