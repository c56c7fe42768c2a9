/**
 * `xs.push(x); xs.sort(compare);` in a loop sorts once, after the loop.
 *
 * Precondition: `xs` is an empty array literal made in the loop's own block, used in the loop for these two
 * statements alone, side by side, and mentioned by no closure that the loop could call; nothing else in the loop
 * changes what the comparator reads. Sorting is stable and new elements come last among equals, so sorting as one
 * goes and sorting at the end give the same, provided that the order is consistent: strings by themselves, a
 * comparator of one `localeCompare` of strings, or the difference of two lengths. (Differences of numbers are
 * not: NaN makes an order in which the result depends on the way.) The loop is not left by `return`, by a
 * label or by an exception that is caught outside of it, so the last sort comes to pass; `break` and
 * `continue` are as well before both statements as after them.
 */
import ts from "typescript";
import { descendants } from "./context.ts";
import { isMethodCall, type MethodCall, parameterNames, returnedExpression } from "./expressions.ts";
import { contains, functionAround, runsWithin } from "./references.ts";
import { pureReads } from "./purity.ts";
import { isUnchangedIn } from "./unchanged.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";

const name = "sort-out-of-loop";

export const sortOutOfLoop: RewriteRule = {
  name,
  summary: "Sorts once after a loop instead of after each element that is added.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "sort"))
      .flatMap((sort) => {
        const loop = sortingLoop(context, sort);
        if (loop === null) return [];
        const edit = context.edit();
        edit.removeStatement(sort.parent);
        edit.insertAfter(loop, [sort.parent.getText(context.file)]);
        return [rewriteAt(context, name, sort, "sorts once after the loop", edit)];
      }),
};

function sortingLoop(context: RewriteContext, sort: MethodCall): ts.Node | null {
  const { references } = context;
  const list = sort.expression.expression;
  const symbol = ts.isIdentifier(list) ? references.symbolOf(list) : undefined;
  const declaration = symbol === undefined ? null : references.declarationOf(symbol);
  const made = declaration?.initializer;
  if (made === undefined || !ts.isArrayLiteralExpression(made) || made.elements.length > 0) return null;
  if (!ts.isExpressionStatement(sort.parent) || !isConsistent(context, sort)) return null;
  const loop = loopAround(sort.parent, declaration!.parent.parent.parent);
  if (loop === null || leavesEarly(loop)) return null;
  const push = pushBefore(sort.parent, symbol!, context);
  const uses = references.uses(symbol!);
  const inLoop = uses.filter((use) => contains(loop, use));
  const home = functionAround(declaration!);
  const after = uses.every((use) => use.pos >= loop.pos && runsWithin(context.types, use, home));
  return push !== null && inLoop.length === 2 && after && isKeyKept(context, sort, loop) ? loop : null;
}

/** The elements sort as they did when they were added. */
function isKeyKept(context: RewriteContext, sort: MethodCall, loop: ts.Node): boolean {
  const [compare] = sort.arguments;
  if (compare === undefined) return true;
  const body = ts.isArrowFunction(compare) ? returnedExpression(compare) : null;
  const reads = body === null ? null : pureReads(context, body);
  return reads !== null && isUnchangedIn(context, { variables: new Set(), heap: reads.heap }, loop);
}

/** The loop that stands in `block` and holds the statement. */
function loopAround(statement: ts.Node, block: ts.Node): ts.Node | null {
  let outer = statement;
  while (outer.parent !== block) {
    if (ts.isFunctionLike(outer) || ts.isSourceFile(outer)) return null;
    outer = outer.parent;
  }
  return ts.isIterationStatement(outer, false) && ts.isBlock(block) ? outer : null;
}

function leavesEarly(loop: ts.Node): boolean {
  const leaving = (node: ts.Node): node is ts.Node =>
    ts.isReturnStatement(node) ||
    ts.isThrowStatement(node) ||
    ts.isLabeledStatement(node) ||
    ts.isYieldExpression(node) ||
    ts.isAwaitExpression(node);
  let outer = loop.parent;
  while (!ts.isFunctionLike(outer) && !ts.isTryStatement(outer) && !ts.isSourceFile(outer))
    outer = outer.parent;
  return descendants(loop, leaving).length > 0 || ts.isTryStatement(outer);
}

function pushBefore(
  sortStatement: ts.Statement,
  list: ts.Symbol,
  context: RewriteContext,
): ts.Statement | null {
  const { parent } = sortStatement;
  if (!ts.isBlock(parent)) return null;
  const before = parent.statements[parent.statements.indexOf(sortStatement) - 1];
  if (before === undefined || !ts.isExpressionStatement(before) || !isMethodCall(before.expression, "push"))
    return null;
  const owner = before.expression.expression.expression;
  return ts.isIdentifier(owner) && context.references.symbolOf(owner) === list ? before : null;
}

function isConsistent(context: RewriteContext, sort: MethodCall): boolean {
  const { types } = context;
  const [compare, ...more] = sort.arguments;
  const element = types.elementType(types.of(sort.expression.expression));
  if (element === null || more.length > 0) return false;
  if (compare === undefined) return types.isString(element);
  const body = returnedExpression(compare);
  if (body === null || !ts.isArrowFunction(compare)) return false;
  const [left, right] = (parameterNames(compare) ?? []).map((one) => one.text);
  if (left === undefined || right === undefined) return false;
  return isOrderOf(context, body, left, right) || isOrderOf(context, body, right, left);
}

/** `left.path.localeCompare(right.path)` of strings, or `left.path.length - right.path.length`. */
function isOrderOf(
  { types, file }: RewriteContext,
  body: ts.Expression,
  left: string,
  right: string,
): boolean {
  const [first, second] = isMethodCall(body, "localeCompare", 1)
    ? [body.expression.expression, body.arguments[0]!]
    : ts.isBinaryExpression(body) && body.operatorToken.kind === ts.SyntaxKind.MinusToken
      ? [lengthOwner(body.left), lengthOwner(body.right)]
      : [null, null];
  if (
    first === null ||
    second === null ||
    !types.isString(types.of(first)) ||
    !types.isString(types.of(second))
  )
    return false;
  const [one, other] = [first.getText(file), second.getText(file)];
  const path = one.slice(left.length);
  return one.startsWith(left) && other === right + path && /^(\.\w+)*$/.test(path);
}

function lengthOwner(node: ts.Expression): ts.Expression | null {
  return ts.isPropertyAccessExpression(node) && node.name.text === "length" ? node.expression : null;
}
