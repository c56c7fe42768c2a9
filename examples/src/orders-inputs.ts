import type { Random } from "./random.ts";

type Line = { sku: string; quantity: number };
type Order = { id: string; customerId: number; lines: Line[] };
type Customer = { id: number; name: string };

/** Argument lists of `dedupe`: an hour's few orders mostly, one in four a whole morning's; some empty, some odd. */
export function generate(random: Random, count: number): [Order[], Customer[], number[]][] {
  return Array.from({ length: count }, (_, index) => {
    const size = index % 4 === 1 ? 200 + random.below(120) : random.below(30);
    const customers = makeCustomers(random, size);
    const orders = Array.from({ length: size }, () => makeOrder(random, size));
    const blocked = customers.filter(() => random.below(12) === 0).map(({ id }) => id);
    return [orders, customers, index % 7 === 0 ? [...blocked, NaN, -0] : blocked];
  });
}

/** Ids repeat now and then, and one of them may be NaN or −0, as bad exports have it. */
function makeCustomers(random: Random, size: number): Customer[] {
  const ids = random.shuffle(Array.from({ length: size }, (_, id) => id));
  return ids.map((id) => {
    const odd = random.below(200);
    return { id: odd === 0 ? NaN : odd === 1 ? -0 : id, name: `Customer ${id}` };
  });
}

/** One order in four is a repetition: ids are drawn from fewer than there are orders. */
function makeOrder(random: Random, size: number): Order {
  const customerId = random.below(300) === 0 ? NaN : random.below(size + 3);
  const lines = Array.from({ length: random.below(4) }, () => ({
    sku: `A-${random.below(8)}`,
    quantity: random.below(100) === 0 ? -0 : 1 + random.below(9),
  }));
  return { id: `2024-${random.below(size * 2)}`, customerId, lines };
}
