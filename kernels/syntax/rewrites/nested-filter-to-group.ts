/**
 * `xs.filter((x) => x.key === wanted)` in a loop becomes a lookup in groups made before the loop.
 *
 * Precondition: that of `nested-find-to-map`, and the array does not change at all while the loop runs. Groups
 * keep the order of the array. `filter` makes a new array each time: where the result is only read on the
 * spot (`.length`, `.map(…)`, `for … of`) the group itself is given, else a copy of it. A missing group is an
 * empty array. NaN keys are in no group.
 */
import ts from "typescript";
import {
  arrayIndex,
  type ArrayIndex,
  elementName,
  filtersOf,
  indexName,
  keyMayBeNaN,
  keyOf,
  typeArguments,
} from "./array-index.ts";
import { isMethodCall, type MethodCall, standsAlone } from "./expressions.ts";
import { keyedPredicate } from "./keyed-predicate.ts";
import { isOnlyReadOnTheSpot } from "./sharing.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "nested-filter-to-group";

export const nestedFilterToGroup: RewriteRule = {
  name,
  summary: "Groups an array by key once instead of filtering it in a loop.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "filter", 1))
      .flatMap((call) => {
        const predicate = keyedPredicate(context, call.arguments[0]);
        const index =
          predicate === null ? null : arrayIndex(context, call.expression.expression, predicate, false);
        return index === null ? [] : [grouped(context, call, index)];
      }),
};

function grouped(context: RewriteContext, call: MethodCall, index: ArrayIndex): Rewrite {
  const edit = context.edit();
  const { predicate } = index;
  const groups = edit.freshName(indexName(index));
  const group = edit.freshName("group");
  const element = elementName(context, edit, index);
  const array = index.array.getText(context.file);
  const elements = index.elementType === null ? null : arrayTypeOf(index.elementType);
  const key = keyOf(context, predicate, element);
  const filters = filtersOf(context, predicate, element);
  edit.insertBefore(index.anchor, [
    `const ${groups} = new Map${typeArguments(context, index.keyType, elements)}();`,
    `for (const ${element} of ${array}) {`,
    ...(filters.length === 0 ? [] : [`${edit.step}if (!(${filters.join(" && ")})) continue;`]),
    ...(keyMayBeNaN(context, predicate) ? [`${edit.step}if (Number.isNaN(${key})) continue;`] : []),
    `${edit.step}const ${group} = ${groups}.get(${key});`,
    `${edit.step}if (${group} === undefined) ${groups}.set(${key}, [${element}]);`,
    `${edit.step}else ${group}.push(${element});`,
    "}",
  ]);
  const wanted = predicate.wanted.getText(context.file);
  const copy = isOnlyReadOnTheSpot(call) ? "" : "?.slice()";
  edit.replace(call, wrapped(call, `${groups}.get(${wanted})${copy} ?? []`));
  return rewriteAt(
    context,
    name,
    call,
    `groups \`${array}\` by key once instead of filtering it each time`,
    edit,
  );
}

function arrayTypeOf(element: string): string {
  return /^[\w.]+$/.test(element) ? `${element}[]` : `(${element})[]`;
}

function wrapped(call: ts.Node, text: string): string {
  return standsAlone(call) || ts.isForOfStatement(call.parent) ? text : `(${text})`;
}
