/** The seeded source that a generator module is given; the same seed gives the same inputs. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** One element, uniformly. */
  pick<Item>(items: readonly Item[]): Item;
  /** A new array of the same elements in random order. */
  shuffle<Item>(items: readonly Item[]): Item[];
}
