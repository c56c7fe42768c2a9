/**
 * `xs.includes(v)` in a loop becomes `xsSet.has(v)`.
 *
 * Precondition: `xs` is an array by its type, and for as long as the loop runs it is not changed, or only by
 * `push` statements that the Set can follow. Then both say the same for every value: `includes` and `has`
 * both compare by SameValueZero (NaN is found, −0 and 0 are one), and both take a hole for `undefined`.
 * Making the Set early is unseen: naming the array runs no code and cannot throw there. Not applied to
 * `includes(v, from)`, to strings and typed arrays, or where unknown code could change the array.
 */
import { arraySets, setRewrite, writeArraySet } from "./array-set.ts";
import { isMethodCall, type MethodCall } from "./expressions.ts";
import type { RewriteRule } from "./rule.ts";

const name = "array-includes-to-set";

export const arrayIncludesToSet: RewriteRule = {
  name,
  summary: "Looks a value up in a Set instead of scanning an array with `includes` in a loop.",
  find: (context) => {
    const lookups = context.nodes((node): node is MethodCall => isMethodCall(node, "includes", 1));
    return arraySets(context, lookups).map((set) => {
      const edit = context.edit();
      const setName = writeArraySet(context, edit, set, false);
      for (const { expression } of set.lookups) {
        edit.replaceRange(expression.getStart(context.file), expression.end, `${setName}.has`);
      }
      return setRewrite(context, name, set, edit);
    });
  },
};
