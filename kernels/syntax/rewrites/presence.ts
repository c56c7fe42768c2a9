/**
 * Whether an expression surely gives a value, neither null nor undefined: its type says so, and on the way to it
 * nothing was only asserted (`!`) or read by an index that may lie outside (where the compiler does not check
 * indices, the type of `rows[i]` leaves out that it may be missing).
 */
import ts from "typescript";
import { bare, isIntegerLiteral, isLogical } from "./expressions.ts";
import { isWriteTarget } from "./references.ts";
import type { RewriteContext } from "./rule.ts";
import { isUnchangedIn } from "./unchanged.ts";

export function isPresent(context: RewriteContext, node: ts.Expression): boolean {
  const { types } = context;
  return types.excludesNullish(types.of(bare(node))) && !isTakenOnTrust(context, node);
}

/** Its type may be wrong: something on the way to it was asserted, or read where nothing need be. */
export function isTakenOnTrust(context: RewriteContext, node: ts.Expression): boolean {
  return isTrusted(context, node, new Set());
}

/** An element or a member read through an index signature: it may be missing, whatever its type says. */
function mayBeMissing(context: RewriteContext, node: ts.Expression): boolean {
  const { types, checkedIndexing } = context;
  if (checkedIndexing) return false;
  if (ts.isElementAccessExpression(node)) return !isInBounds(context, node);
  if (!ts.isPropertyAccessExpression(node)) return false;
  const owner = types.checker.getNonNullableType(types.of(node.expression));
  return types.checker.getPropertyOfType(owner, node.name.text) === undefined;
}

/** The value's type holds only if something that nobody proved does. */
function isTrusted(context: RewriteContext, node: ts.Expression, seen: Set<ts.Symbol>): boolean {
  if (ts.isNonNullExpression(node)) {
    const present = context.types.excludesNullish(context.types.of(node.expression));
    return present ? isTrusted(context, node.expression, seen) : !isIndexInBounds(context, node.expression);
  }
  const inner = bare(node);
  if (inner !== node) return isTrusted(context, innerOf(node), seen);
  if (ts.isConditionalExpression(node))
    return [node.whenTrue, node.whenFalse].some((part) => isTrusted(context, part, seen));
  if (isLogical(node)) return isTrusted(context, node.right, seen);
  return ts.isIdentifier(node) ? isTrustedVariable(context, node, seen) : mayBeMissing(context, node);
}

/** One wrapping less. */
function innerOf(node: ts.Expression): ts.Expression {
  return (node as ts.ParenthesizedExpression).expression;
}

/** Some value that the variable gets is trusted. */
function isTrustedVariable(context: RewriteContext, node: ts.Identifier, seen: Set<ts.Symbol>): boolean {
  const { references } = context;
  const symbol = references.symbolOf(node);
  if (symbol === undefined || seen.has(symbol)) return false;
  seen.add(symbol);
  const [declaration] = symbol.declarations ?? [];
  if (declaration !== undefined && ts.isBindingElement(declaration))
    return isTrustedPart(context, declaration);
  const made = references.declarationOf(symbol)?.initializer;
  const given = references.uses(symbol).filter(isWriteTarget).map(assignedValue);
  return [...(made === undefined ? [] : [made]), ...given].some(
    (value) => value !== null && isTrusted(context, value, seen),
  );
}

function assignedValue({ parent }: ts.Identifier): ts.Expression | null {
  return ts.isBinaryExpression(parent) ? parent.right : null;
}

/** `const [first] = rows`, `const { name } = byName`. */
function isTrustedPart({ types, checkedIndexing }: RewriteContext, element: ts.BindingElement): boolean {
  if (checkedIndexing || element.initializer !== undefined || element.dotDotDotToken !== undefined)
    return false;
  const { parent: pattern } = element;
  const owner = types.of(pattern);
  if (ts.isArrayBindingPattern(pattern)) return !types.checker.isTupleType(owner);
  const name = element.propertyName ?? element.name;
  return !ts.isIdentifier(name) || types.checker.getPropertyOfType(owner, name.text) === undefined;
}

function isIndexInBounds(context: RewriteContext, node: ts.Expression): boolean {
  const inner = bare(node);
  return ts.isElementAccessExpression(inner) && isInBounds(context, inner);
}

/** `rows[i]` in `for (let i = 0; i < rows.length; i++)`, where the loop changes neither of them. */
function isInBounds(context: RewriteContext, access: ts.ElementAccessExpression): boolean {
  const { references, effects, types } = context;
  const { expression: array, argumentExpression: index } = access;
  const element = types.elementType(types.of(array));
  if (!ts.isIdentifier(array) || !ts.isIdentifier(index) || element === null) return false;
  if (!types.excludesNullish(element)) return false;
  const [rows, counter] = [references.symbolOf(array), references.symbolOf(index)];
  const loop = counter === undefined ? null : countingLoop(context, counter);
  if (rows === undefined || loop === null || !isBelowLength(context, loop.condition, index, rows))
    return false;
  const contents = { cell: { kind: "array" }, root: effects.rootOf(array), node: array } as const;
  return isUnchangedIn(context, { variables: new Set([rows]), heap: [contents] }, loop);
}

/** The `for` whose only counter it is: it starts at 0 or above and only the loop's head moves it, upwards. */
function countingLoop(context: RewriteContext, counter: ts.Symbol): ts.ForStatement | null {
  const { references } = context;
  const declaration = references.declarationOf(counter);
  const loop = declaration?.parent.parent;
  const start = declaration?.initializer;
  if (loop === undefined || !ts.isForStatement(loop) || start === undefined || !isCount(context, start))
    return null;
  const written = references.uses(counter).filter(isWriteTarget);
  const [step, ...more] = written;
  const upwards = step !== undefined && more.length === 0 && step.parent === loop.incrementor;
  return upwards && isIncrement(step.parent) ? loop : null;
}

function isIncrement(node: ts.Node): boolean {
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
    return node.operator === ts.SyntaxKind.PlusPlusToken;
  const adds = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken;
  return adds && isIntegerLiteral(node.right, 1);
}

/** 0, 1, or another loop's counter and so many more. */
function isCount(context: RewriteContext, node: ts.Expression): boolean {
  if (isIntegerLiteral(node, 0) || isIntegerLiteral(node, 1)) return true;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return isCount(context, node.left) && isCount(context, node.right);
  const symbol = ts.isIdentifier(node) ? context.references.symbolOf(node) : undefined;
  return symbol !== undefined && countingLoop(context, symbol) !== null;
}

function isBelowLength(
  { references }: RewriteContext,
  condition: ts.Expression | undefined,
  index: ts.Identifier,
  rows: ts.Symbol,
): boolean {
  if (condition === undefined || !ts.isBinaryExpression(condition)) return false;
  const { left, operatorToken, right } = condition;
  return (
    operatorToken.kind === ts.SyntaxKind.LessThanToken &&
    references.symbolOf(left) === references.symbolOf(index) &&
    ts.isPropertyAccessExpression(right) &&
    right.name.text === "length" &&
    references.symbolOf(right.expression) === rows
  );
}
