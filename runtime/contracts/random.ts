/**
 * Chance is injected: production code takes a `Random`, made from a seed that is printed and stored, so
 * that every choice can be replayed.
 */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Uniform integer in [0, bound); `bound` is a positive integer ≤ 2^32. */
  below(bound: number): number;
  /** An independent stream for `label`: equal seeds and labels give equal streams, and drawing from the
   *  child leaves the parent as it was. */
  fork(label: string): Random;
}

/** xoshiro128** (Blackman & Vigna, 2018), its state filled by splitmix32 from a hash of the seed. */
export function seededRandom(seed: string | number): Random {
  return new Xoshiro128(hash32(String(seed)), String(seed));
}

class Xoshiro128 implements Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(start: number, seed: string) {
    const mix = splitmix32(start);
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    this.#d = mix();
    this.#seed = seed;
  }

  next(): number {
    return ((this.#uint32() >>> 5) * 67_108_864 + (this.#uint32() >>> 6)) / 9_007_199_254_740_992;
  }

  below(bound: number): number {
    // Rejection keeps it unbiased: values past the last whole multiple of `bound` are drawn again.
    const limit = 4_294_967_296 - (4_294_967_296 % bound);
    let value = this.#uint32();
    while (value >= limit) value = this.#uint32();
    return value % bound;
  }

  fork(label: string): Random {
    return seededRandom(`${this.#seed}/${label}`);
  }

  #uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }
}

function splitmix32(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** FNV-1a over UTF-16 code units; only spreads seeds, promises no security. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
