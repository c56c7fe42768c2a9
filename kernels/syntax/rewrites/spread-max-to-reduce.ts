/**
 * `Math.max(...xs.map((x) => x.size))` becomes a `reduce` without the array and the argument list between.
 *
 * Precondition: the elements are numbers by their type and the array is surely there and has no holes by its
 * type, assertions not counted; the callback is pure and takes the element alone. `Math.max` of two is
 * associative, NaN and −0 included, and starts from −Infinity as the empty call does (`min`: Infinity); other
 * arguments before the spread give the start. The one difference is that very long arrays no longer overflow the
 * stack.
 */
import ts from "typescript";
import { asReceiver, bare, isMethodCall, parameterNames, returnedExpression } from "./expressions.ts";
import type { Edit } from "./edit.ts";
import { isPresent } from "./presence.ts";
import { isPureFunction } from "./purity.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";

const name = "spread-max-to-reduce";

export const spreadMaxToReduce: RewriteRule = {
  name,
  summary:
    "Takes the largest or smallest value element by element instead of spreading an array into arguments.",
  find: (context) =>
    context.nodes(ts.isCallExpression).flatMap((call) => {
      const edit = context.edit();
      const text = reduced(context, edit, call);
      if (text === null) return [];
      edit.replace(call, text);
      return [
        rewriteAt(context, name, call, "takes the extreme value element by element, without spreading", edit),
      ];
    }),
};

function reduced(context: RewriteContext, edit: Edit, call: ts.CallExpression): string | null {
  const { types } = context;
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee) || !types.isGlobal(callee.expression, "Math")) return null;
  const method = callee.name.text;
  const last = call.arguments.at(-1);
  const before = call.arguments.slice(0, -1);
  if ((method !== "max" && method !== "min") || last === undefined || !ts.isSpreadElement(last)) return null;
  if (before.length > 1 || before.some((one) => !ts.isNumericLiteral(one))) return null;
  if (!isDenseNumbers(context, bare(last.expression)) || !isPresent(context, last.expression)) return null;
  const start = before[0]?.getText(context.file) ?? (method === "max" ? "-Infinity" : "Infinity");
  const { array, element, value } = valuesOf(context, bare(last.expression));
  const most = edit.freshName(method === "max" ? "largest" : "smallest");
  return `${array}.reduce((${most}, ${element}) => Math.${method}(${most}, ${value}), ${start})`;
}

function isDenseNumbers({ types }: RewriteContext, node: ts.Expression): boolean {
  const type = types.of(node);
  const element = types.isArray(type) ? types.elementType(type) : null;
  return element !== null && types.isNumber(element) && types.isDenseArray(type);
}

/** With a `map` taken in, where there is one. */
function valuesOf(
  context: RewriteContext,
  node: ts.Expression,
): { array: string; element: string; value: string } {
  const plain = { array: asReceiver(node, node.getText(context.file)), element: "value", value: "value" };
  if (!isMethodCall(node, "map", 1)) return plain;
  const array = node.expression.expression;
  const [callback] = node.arguments;
  if (!ts.isArrowFunction(callback!) || !context.types.isDenseArray(context.types.of(array))) return plain;
  const body = returnedExpression(callback);
  const [element, ...more] = parameterNames(callback) ?? [];
  if (body === null || element === undefined || more.length > 0) return plain;
  if (!isPureFunction(context, callback)) return plain;
  return { array: array.getText(context.file), element: element.text, value: body.getText(context.file) };
}
