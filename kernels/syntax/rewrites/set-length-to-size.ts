/**
 * `[...new Set(xs)].length` and `Array.from(new Set(xs)).length` become `new Set(xs).size`.
 *
 * Precondition: the constructor is the global `Set`, made there, so its iterator is the library's own and gives
 * as many elements as it has; nothing else sees the array.
 */
import ts from "typescript";
import { asReceiver, isMethodCall } from "./expressions.ts";
import { isWriteTarget } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";

const name = "set-length-to-size";

export const setLengthToSize: RewriteRule = {
  name,
  summary: "Asks a Set for its size instead of copying it into an array to count.",
  find: (context) =>
    context.nodes(ts.isPropertyAccessExpression).flatMap((access) => {
      const set = access.name.text === "length" ? copiedSet(context, access.expression) : null;
      if (set === null || isWriteTarget(access)) return [];
      const edit = context.edit();
      edit.replace(access, `${asReceiver(set, set.getText(context.file))}.size`);
      return [rewriteAt(context, name, access, "asks the Set for its size", edit)];
    }),
};

function copiedSet(context: RewriteContext, array: ts.Expression): ts.NewExpression | null {
  const { types } = context;
  const source = spreadSource(array) ?? fromSource(context, array);
  if (source === null || !ts.isNewExpression(source)) return null;
  return types.isGlobal(source.expression, "Set") ? source : null;
}

function spreadSource(array: ts.Expression): ts.Expression | null {
  if (!ts.isArrayLiteralExpression(array) || array.elements.length !== 1) return null;
  const [only] = array.elements;
  return ts.isSpreadElement(only!) ? only.expression : null;
}

function fromSource({ types }: RewriteContext, array: ts.Expression): ts.Expression | null {
  if (!isMethodCall(array, "from", 1) || !types.isGlobal(array.expression.expression, "Array")) return null;
  return array.arguments[0] ?? null;
}
