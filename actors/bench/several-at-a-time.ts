/**
 * The same work on each of some items, so many at a time, begun in their order. After a failure nothing new is begun;
 * it rejects with the first failure when nothing runs any more.
 */
export async function severalAtATime<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items].reverse();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  const workers = Array.from({ length: Math.min(most, items.length) }, () =>
    worker().catch((error: unknown) => {
      waiting.length = 0;
      failures.push(error);
    }),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
