/** All rules, in the order in which they are tried and listed. */
import { arrayIncludesToSet } from "./array-includes-to-set.ts";
import { arrayIndexOfToSet } from "./array-index-of-to-set.ts";
import { firstIndexFilterToSet } from "./first-index-filter-to-set.ts";
import { nestedFilterToGroup } from "./nested-filter-to-group.ts";
import { nestedFindToMap } from "./nested-find-to-map.ts";
import type { RewriteRule } from "./rule.ts";
import { someToSet } from "./some-to-set.ts";

export const REWRITE_RULES: readonly RewriteRule[] = [
  arrayIncludesToSet,
  arrayIndexOfToSet,
  nestedFindToMap,
  nestedFilterToGroup,
  someToSet,
  firstIndexFilterToSet,
];
