/**
 * Observing what is else timed: the calls of a batch one by one, through the same loop. Apart from `batch.ts`,
 * since a realm that is only measured is to hold as little as may be.
 */
import type { Observation } from "../protocol.ts";
import type { Batch } from "./batch.ts";
import { batchOf, THREW } from "./batch.ts";
import { list } from "./intrinsics.ts";
import { judge, judgeSettled, judgeThrown } from "./observe.ts";

/** The same calls, each a batch of its own. */
export function splitBatch({ argumentLists }: Batch): ArrayLike<Batch> {
  const batches: Batch[] = list();
  for (let index = 0; index < argumentLists.length; index++) {
    const one: (readonly unknown[])[] = list();
    one[0] = argumentLists[index]!;
    batches[index] = batchOf(one);
  }
  return batches;
}

/** What was to be seen of a batch of one call that was just run. */
export function observeBatch({ argumentLists, endings, sink, settled }: Batch): Observation {
  const args = argumentLists[0]!;
  if (settled !== null) return judgeSettled(settled, args);
  return endings[0] === THREW ? judgeThrown("threw", sink, args) : judge("returned", "returned", sink, args);
}
