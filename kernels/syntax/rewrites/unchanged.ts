/** Whether running some code leaves alone what an expression reads. */
import type ts from "typescript";
import type { HeapAccess, Writes } from "./effects.ts";
import { contains, functionAround, runsWithin } from "./references.ts";
import type { RewriteContext } from "./rule.ts";

export interface Reads {
  /** Variables read that are declared outside of the expression. */
  readonly variables: ReadonlySet<ts.Symbol>;
  readonly heap: readonly HeapAccess[];
}

/** Nothing that running `region` does changes what was read; `except`: writes that the caller keeps track of. */
export function isUnchangedIn(
  context: RewriteContext,
  reads: Reads,
  region: ts.Node,
  except: readonly ts.Node[] = [],
): boolean {
  const { effects, references } = context;
  const writes = effects.writesOf(region);
  for (const variable of reads.variables) {
    if (references.isDeclaredIn(variable, region) || writes.variables.has(variable)) return false;
    if (writes.opaque && references.isAssigned(variable)) return false;
  }
  const outside = (read: HeapAccess): boolean => read.root === null || !isOutOfReach(context, read.root);
  if (writes.opaque && reads.heap.some(outside)) return false;
  const isTracked = (write: HeapAccess, read: HeapAccess): boolean =>
    except.includes(write.node) &&
    contains(region, write.node) &&
    write.root === read.root &&
    isSameEachTime(context, writes, region, read.root);
  return !writes.heap.some((write) =>
    reads.heap.some((read) => effects.mayAlias(write, read) && !isTracked(write, read)),
  );
}

/**
 * When the region calls its own function, the inner call's writes are not the outer one's to keep track of,
 * unless each call has an object of its own.
 */
function isSameEachTime(
  { references }: RewriteContext,
  { entered }: Writes,
  region: ts.Node,
  root: ts.Symbol | null,
): boolean {
  const again = [...entered].filter((target) => contains(target, region));
  if (again.length === 0) return true;
  if (root === null || !references.isConfined(root)) return false;
  return again.every((target) => references.isDeclaredIn(root, target));
}

/** Confined, and no closure that unknown code may hold mentions it. */
function isOutOfReach(context: RewriteContext, symbol: ts.Symbol): boolean {
  const { references, types } = context;
  if (!references.isConfined(symbol)) return false;
  const home = functionAround(references.declarationOf(symbol)!);
  return references.uses(symbol).every((use) => runsWithin(types, use, home));
}
