/**
 * `xs.filter(f)[0]` becomes `xs.find(f)`; `xs.filter(f).length > 0` (`=== 0`) becomes `xs.some(f)` (`!xs.some(f)`).
 *
 * Precondition: the callback is pure, so it is all one whether later elements are asked, and takes at most
 * element and index; `xs` is surely there, an array without holes by its type (`find` visits holes, `filter`
 * does not).
 */
import ts from "typescript";
import { isIntegerLiteral, isMethodCall, type MethodCall } from "./expressions.ts";
import { isPresent } from "./presence.ts";
import { isPureFunction } from "./purity.ts";
import { isWriteTarget } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Edit } from "./edit.ts";

const name = "filter-first-to-find";

export const filterFirstToFind: RewriteRule = {
  name,
  summary: "Stops at the first element that fits instead of collecting all of them.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "filter", 1) && isPlain(context, node))
      .flatMap((call) => {
        const edit = context.edit();
        const done = takesFirst(context, call, edit) || testsForAny(context, call, edit);
        return done ? [rewriteAt(context, name, call, "stops at the first element that fits", edit)] : [];
      }),
};

function isPlain(context: RewriteContext, call: MethodCall): boolean {
  const [callback] = call.arguments;
  const array = call.expression.expression;
  // Of what is missing the error would name `find` instead of `filter`.
  if (!context.types.isDenseArray(context.types.of(array)) || !isPresent(context, array)) return false;
  if (ts.isArrowFunction(callback!) && callback.parameters.length > 2) return false;
  return isPureFunction(context, callback!);
}

function takesFirst(context: RewriteContext, call: MethodCall, edit: Edit): boolean {
  const access = call.parent;
  if (!ts.isElementAccessExpression(access) || access.expression !== call || isWriteTarget(access))
    return false;
  if (!isIntegerLiteral(access.argumentExpression, 0) || ts.isCallExpression(access.parent)) return false;
  edit.replace(call.expression.name, "find");
  // Where `[0]` was said to be there always, `find` is said so by hand.
  const asserted = context.typescript && !context.checkedIndexing && !ts.isNonNullExpression(access.parent);
  edit.replaceRange(call.end, access.end, asserted ? "!" : "");
  return true;
}

function testsForAny(context: RewriteContext, call: MethodCall, edit: Edit): boolean {
  const length = call.parent;
  if (!ts.isPropertyAccessExpression(length) || length.expression !== call || length.name.text !== "length")
    return false;
  const test = length.parent;
  if (!ts.isBinaryExpression(test) || test.left !== length) return false;
  const any = asksForAny(test);
  if (any === null) return false;
  edit.replace(call.expression.name, "some");
  edit.replaceRange(call.end, test.end, "");
  if (!any) edit.replaceRange(test.getStart(context.file), test.getStart(context.file), "!");
  return true;
}

function asksForAny({ operatorToken, right }: ts.BinaryExpression): boolean | null {
  const zero = isIntegerLiteral(right, 0);
  const one = isIntegerLiteral(right, 1);
  switch (operatorToken.kind) {
    case ts.SyntaxKind.GreaterThanToken:
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      return zero ? true : null;
    case ts.SyntaxKind.GreaterThanEqualsToken:
      return one ? true : null;
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return zero ? false : null;
    case ts.SyntaxKind.LessThanToken:
      return one ? false : null;
    default:
      return null;
  }
}
