/**
 * `xs.some((x) => x.key === wanted)`, and `xs.every((x) => x.key !== wanted)`, in a loop become a lookup in a
 * Set of the keys made before the loop.
 *
 * Precondition: that of `nested-find-to-map`, without further elements being added. The answer is a boolean,
 * so no identity is at stake; `every` of an empty array is true, as "the Set has it not" is. NaN keys are left
 * out of the Set.
 */
import ts from "typescript";
import { arrayIndex, type ArrayIndex, conditionsOf, keyOf, typeArguments } from "./array-index.ts";
import {
  bindsTighterThanNot,
  capitalised,
  isMethodCall,
  isPath,
  lastName,
  type MethodCall,
} from "./expressions.ts";
import { type KeyedPredicate, keyedPredicate } from "./keyed-predicate.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "some-to-set";

export const someToSet: RewriteRule = {
  name,
  summary: "Looks a key up in a Set instead of asking every element with `some` or `every` in a loop.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "some", 1) || isMethodCall(node, "every", 1))
      .flatMap((call) => {
        const predicate = predicateOf(context, call);
        const index =
          predicate === null ? null : arrayIndex(context, call.expression.expression, predicate, false);
        return index === null ? [] : [lookedUp(context, call, index)];
      }),
};

function predicateOf(context: RewriteContext, call: MethodCall): KeyedPredicate | null {
  const operator = call.expression.name.text === "some" ? "===" : "!==";
  return keyedPredicate(context, call.arguments[0], operator);
}

function lookedUp(context: RewriteContext, call: MethodCall, index: ArrayIndex): Rewrite {
  const edit = context.edit();
  const { predicate } = index;
  const array = index.array.getText(context.file);
  const element = predicate.parameter.text;
  const set = edit.freshName(setName(index));
  const conditions = conditionsOf(context, predicate, element);
  const chosen =
    conditions.length === 0 ? array : `${array}.filter((${element}) => ${conditions.join(" && ")})`;
  const key = keyOf(context, predicate, element);
  const keys = key === element ? chosen : `${chosen}.map((${element}) => ${key})`;
  edit.insertBefore(index.anchor, [
    `const ${set} = new Set${typeArguments(context, index.keyType)}(${keys});`,
  ]);
  const has = `${set}.has(${predicate.wanted.getText(context.file)})`;
  if (call.expression.name.text === "some") edit.replace(call, has);
  else edit.replace(call, bindsTighterThanNot(call) ? `(!${has})` : `!${has}`);
  return rewriteAt(context, name, call, `looks a key of \`${array}\` up in a Set`, edit);
}

function setName({ array, predicate: { key } }: ArrayIndex): string {
  const base = lastName(array);
  return isPath(key) && !ts.isIdentifier(key) ? `${base}${capitalised(lastName(key))}s` : `${base}Set`;
}
