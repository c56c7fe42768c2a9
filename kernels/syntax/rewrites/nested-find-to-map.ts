/**
 * `xs.find((x) => x.key === wanted)` in a loop becomes a lookup in a Map made before the loop.
 *
 * Precondition: `xs` is an array whose element type excludes undefined (so it has no holes), and neither it
 * nor the keys in it change while the loop runs, save by `push` statements, which the Map follows. The
 * predicate is pure. The Map keeps the first element of each key, as `find` gives the first match; keys that
 * are NaN are left out, since NaN `===` nothing; −0 and 0 are one key for both. Not applied to callbacks
 * that use the index, to `==`, to keys whose property is an accessor, or where unknown code runs in the loop
 * and could reach the array.
 */
import ts from "typescript";
import {
  arrayIndex,
  type ArrayIndex,
  conditionsOf,
  elementName,
  indexName,
  keyOf,
  nameOfPushed,
  typeArguments,
} from "./array-index.ts";
import { isMethodCall, type MethodCall } from "./expressions.ts";
import { keyedPredicate } from "./keyed-predicate.ts";
import { functionAround, runsWithin } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "nested-find-to-map";

export const nestedFindToMap: RewriteRule = {
  name,
  summary: "Indexes an array by key once instead of searching it with `find` in a loop.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "find", 1))
      .flatMap((call) => {
        const predicate = keyedPredicate(context, call.arguments[0]);
        const index =
          predicate === null ? null : arrayIndex(context, call.expression.expression, predicate, true);
        return index === null ? [] : [indexed(context, call, index)];
      }),
};

function indexed(context: RewriteContext, call: MethodCall, index: ArrayIndex): Rewrite {
  const edit = context.edit();
  const { predicate, anchor, pushes } = index;
  const map = edit.freshName(indexName(index));
  const element = elementName(context, edit, index);
  const array = index.array.getText(context.file);
  const add = (one: string): string => {
    const key = keyOf(context, predicate, one);
    const conditions = [...conditionsOf(context, predicate, one), `!${map}.has(${key})`];
    return `if (${conditions.join(" && ")}) ${map}.set(${key}, ${one});`;
  };
  edit.insertBefore(anchor, [
    `const ${map} = new Map${typeArguments(context, index.keyType, index.elementType)}();`,
    ...(startsEmpty(context, index)
      ? []
      : [`for (const ${element} of ${array}) {`, `${edit.step}${add(element)}`, "}"]),
  ]);
  for (const push of pushes) {
    const pushed = nameOfPushed(context, edit, index, push);
    edit.insertAfter(push.parent, [add(pushed)]);
  }
  edit.replace(call, `${map}.get(${predicate.wanted.getText(context.file)})`);
  return rewriteAt(context, name, call, `finds an element of \`${array}\` by its key in a Map`, edit);
}

/** `const out: T[] = [];` stands in the loop's own block, with nothing pushed before the loop. */
function startsEmpty({ references, types }: RewriteContext, { array, anchor, pushes }: ArrayIndex): boolean {
  const symbol = references.symbolOf(array);
  const declaration = symbol === undefined ? null : references.declarationOf(symbol);
  const made = declaration?.initializer;
  if (made === undefined || !ts.isArrayLiteralExpression(made) || made.elements.length > 0) return false;
  const together = declaration!.parent.parent.parent === anchor.parent;
  // A function declared further down could have been called before.
  const later = (use: ts.Identifier): boolean =>
    use.pos >= anchor.pos && runsWithin(types, use, functionAround(declaration!));
  return together && pushes.length > 0 && references.uses(symbol!).every(later);
}
