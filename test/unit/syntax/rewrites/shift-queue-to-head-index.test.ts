import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites } from "./rewriting.ts";

const rule = "shift-queue-to-head-index";
const walk = `export function f(edges: Record<number, number[]>, start: number, most: number): number[] {
  const order: number[] = [];
  const queue = [start];
  while (queue.length > 0) {
    const node = queue.shift()!;
    if (order.includes(node)) continue;
    order.push(node);
    if (order.length >= most) break;
    for (const next of edges[node] ?? []) queue.push(next);
  }
  return order;
}
`;
const within = (body: string, after = ""): string => `export function f(xs: number[]): unknown {
  const out: unknown[] = [];
  const queue = [...xs];
  while (queue.length > 0) {
    ${body}
  }
  ${after}
  return out;
}`;

describe(rule, () => {
  it("reads with a head index", () => {
    assertRewrites(
      rule,
      walk,
      walk
        .replace("  while (queue.length > 0) {", "  let head = 0;\n  while (head < queue.length) {")
        .replace("queue.shift()!", "queue[head++]!"),
    );
  });

  it("visits the same in the same order", () => {
    const node = fc.nat({ max: 6 });
    const edges = fc.dictionary(
      fc.constantFrom("0", "1", "2", "3", "4", "5", "6"),
      fc.array(node, { maxLength: 4 }),
    );
    assertEquivalent(rule, walk, fc.tuple(edges, node, fc.nat({ max: 8 })));
  });

  it("leaves alone a queue that is read otherwise, shifted twice, maybe not shifted, or used afterwards", () => {
    assertLeavesAlone(rule, within("const x = queue.shift()!; out.push(x, queue.length);"));
    assertLeavesAlone(rule, within("const x = queue.shift()!; out.push(x, queue.shift());"));
    assertLeavesAlone(
      rule,
      within("const x = out.length > 3 ? queue.shift()! : queue.shift()!; out.push(x);"),
    );
    assertLeavesAlone(rule, within("out.push(queue); const x = queue.shift()!; out.push(x);"));
    assertLeavesAlone(
      rule,
      within("const x = queue.shift()!; out.push(x); if (x > 2) break;", "out.push(queue.length);"),
    );
    assertLeavesAlone(rule, within("const x = queue.shift()!; out.push(x);").replace("[...xs]", "xs"));
  });
});
