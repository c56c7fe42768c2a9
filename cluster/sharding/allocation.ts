/** Which shard a key belongs to, and which node is to own a shard: every node comes to the same, by itself. */

/** Who may own shards. */
export interface Candidate {
  readonly node: string;
  readonly capacity: number;
}

export function shardOf(key: string, shards: number): number {
  return hash(key) % shards;
}

/**
 * Weighted rendezvous hashing: each candidate draws its own number for the shard, the greatest wins, and the chances
 * are as the capacities. One that comes or goes moves only the shards that it wins or had won.
 * @returns null: there is none
 */
export function ownerOf(region: string, shard: number, candidates: readonly Candidate[]): string | null {
  let best: string | null = null;
  let most = -Infinity;
  for (const { node, capacity } of candidates) {
    const chance = (hash(`${region}/${shard}/${node}`) + 0.5) / 2 ** 32;
    const score = capacity / -Math.log(chance);
    if (score < most || (score === most && best !== null && best < node)) continue;
    most = score;
    best = node;
  }
  return best;
}

/** FNV-1a over UTF-16 code units, its bits then mixed well (MurmurHash3's last step); 32 bits. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
