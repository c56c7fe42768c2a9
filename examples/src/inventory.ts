/** What is left of each article after the day's movements, in the order of first mention. */
export interface Movement {
  readonly sku: string;
  readonly change: number;
}

export function stockLevels(movements: readonly Movement[]): Map<string, number> {
  const levels = new Map<string, number>();
  for (const { sku, change } of movements) {
    levels.set(sku, (levels.get(sku) ?? 0) + change);
  }
  return levels;
}

/** The same, as someone might "tidy" it: one filter and one sum an article. */
export function stockLevelsTidied(movements: readonly Movement[]): Map<string, number> {
  const skus = [...new Set(movements.map(({ sku }) => sku))];
  return new Map(
    skus.map((sku) => [sku, movements.filter((one) => one.sku === sku).reduce((sum, one) => sum + one.change, 0)]),
  );
}
