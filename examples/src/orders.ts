/**
 * Orders arrive from several channels, and more than once. `dedupe` makes the list that the warehouse works
 * off: each order once, with its customer's name, its lines merged by article, blocked customers left out.
 */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

export interface Order {
  readonly id: string;
  readonly customerId: number;
  readonly lines: readonly OrderLine[];
}

export interface Customer {
  readonly id: number;
  readonly name: string;
}

export interface PickList {
  readonly orderId: string;
  readonly customer: string;
  readonly lines: readonly OrderLine[];
}

export function dedupe(
  orders: readonly Order[],
  customers: readonly Customer[],
  blockedIds: readonly number[],
): PickList[] {
  const seenIds: string[] = [];
  let lists: PickList[] = [];
  for (const order of orders) {
    if (seenIds.includes(order.id)) continue;
    seenIds.push(order.id);
    if (blockedIds.indexOf(order.customerId) !== -1) continue;
    const customer = customers.find((one) => one.id === order.customerId);
    if (customer === undefined) continue;
    lists = [...lists, { orderId: order.id, customer: customer.name, lines: merge(order.lines) }];
  }
  return lists;
}

/** Lines of the same article become one; the first mention gives the order. */
function merge(lines: readonly OrderLine[]): OrderLine[] {
  const skus = lines.map((line) => line.sku).filter((sku, index, all) => all.indexOf(sku) === index);
  return skus.map((sku) => ({
    sku,
    quantity: lines.filter((line) => line.sku === sku).reduce((sum, line) => sum + line.quantity, 0),
  }));
}
