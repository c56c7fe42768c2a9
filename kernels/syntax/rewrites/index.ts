/** All rules, in the order in which they are tried and listed. */
import { arrayIncludesToSet } from "./array-includes-to-set.ts";
import { arrayIndexOfToSet } from "./array-index-of-to-set.ts";
import { firstIndexFilterToSet } from "./first-index-filter-to-set.ts";
import { nestedFilterToGroup } from "./nested-filter-to-group.ts";
import { nestedFindToMap } from "./nested-find-to-map.ts";
import { arrayPassesFused } from "./array-passes-fused.ts";
import { concatInLoopToPush } from "./concat-in-loop-to-push.ts";
import { spreadReduceToMutation } from "./spread-reduce-to-mutation.ts";
import { hoistRegex } from "./hoist-regex.ts";
import { hoistInvariant } from "./hoist-invariant.ts";
import { setLengthToSize } from "./set-length-to-size.ts";
import { shiftQueueToHeadIndex } from "./shift-queue-to-head-index.ts";
import { spreadMaxToReduce } from "./spread-max-to-reduce.ts";
import { filterFirstToFind } from "./filter-first-to-find.ts";
import { splitLimit } from "./split-limit.ts";
import { entriesToKeys } from "./entries-to-keys.ts";
import { jsonCloneToCopy } from "./json-clone-to-copy.ts";
import { memoiseRecursion } from "./memoise-recursion.ts";
import { sortOutOfLoop } from "./sort-out-of-loop.ts";
import type { RewriteRule } from "./rule.ts";
import { someToSet } from "./some-to-set.ts";

export const REWRITE_RULES: readonly RewriteRule[] = [
  arrayIncludesToSet,
  arrayIndexOfToSet,
  nestedFindToMap,
  nestedFilterToGroup,
  someToSet,
  firstIndexFilterToSet,
  concatInLoopToPush,
  spreadReduceToMutation,
  arrayPassesFused,
  hoistRegex,
  hoistInvariant,
  shiftQueueToHeadIndex,
  spreadMaxToReduce,
  filterFirstToFind,
  setLengthToSize,
  splitLimit,
  entriesToKeys,
  jsonCloneToCopy,
  memoiseRecursion,
  sortOutOfLoop,
];
