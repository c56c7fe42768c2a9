/** Shapes of expressions that several rules look for. */
import ts from "typescript";
import type { RewriteContext } from "./rule.ts";

/** Without parentheses, type assertions and `!`. */
export function bare(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** `&&`, `||` or `??`: the right side may be skipped. */
export function isLogical(node: ts.Node): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** A name, a path of names, or a literal: may be written twice, and is evaluated alike both times. */
export function isRepeatable(node: ts.Node): boolean {
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return true;
  return ts.isPropertyAccessExpression(node) && isPath(node);
}

/** A name or a path of names: `order.lines`. */
export function isPath(node: ts.Node): node is ts.Identifier | ts.PropertyAccessExpression {
  if (ts.isIdentifier(node)) return true;
  return (
    ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && isPath(node.expression)
  );
}

/** The last name of a path. */
export function lastName(node: ts.Identifier | ts.PropertyAccessExpression): string {
  return ts.isIdentifier(node) ? node.text : node.name.text;
}

export interface MethodCall extends ts.CallExpression {
  readonly expression: ts.PropertyAccessExpression;
}

/** `x.name(…)` with so many arguments, without `?.` and spreads. */
export function isMethodCall(node: ts.Node, name: string, count?: number): node is MethodCall {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === name &&
    node.questionDotToken === undefined &&
    node.expression.questionDotToken === undefined &&
    (count === undefined || node.arguments.length === count) &&
    !node.arguments.some((argument) => ts.isSpreadElement(argument))
  );
}

export function mentions(context: RewriteContext, node: ts.Node, symbol: ts.Symbol): boolean {
  return context.references.usesIn(symbol, node).length > 0;
}

export function isIntegerLiteral(node: ts.Node, value: number): boolean {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    return value < 0 && isIntegerLiteral(node.operand, -value);
  }
  return ts.isNumericLiteral(node) && Number(node.text) === value;
}

/** An arrow function or function expression whose whole body is one returned expression. */
export function returnedExpression(node: ts.Expression): ts.Expression | null {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return null;
  const { body } = node;
  if (node.asteriskToken !== undefined || (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Async) !== 0)
    return null;
  if (!ts.isBlock(body)) return body;
  const [only] = body.statements;
  return body.statements.length === 1 && only !== undefined && ts.isReturnStatement(only)
    ? (only.expression ?? null)
    : null;
}

/** The callback's parameters, when they are plain names. */
export function parameterNames(
  node: ts.ArrowFunction | ts.FunctionExpression,
): readonly ts.Identifier[] | null {
  const names = node.parameters.map((parameter) =>
    ts.isIdentifier(parameter.name) &&
    parameter.initializer === undefined &&
    parameter.dotDotDotToken === undefined
      ? parameter.name
      : null,
  );
  return names.includes(null) ? null : (names as readonly ts.Identifier[]);
}

/** The text of `node` with every mention of these variables exchanged for other text. */
export function substitute(
  context: RewriteContext,
  node: ts.Node,
  exchanges: readonly { readonly symbol: ts.Symbol; readonly text: string }[],
): string {
  const uses = exchanges
    .flatMap(({ symbol, text }) => context.references.usesIn(symbol, node).map((use) => ({ use, text })))
    .sort((one, other) => one.use.pos - other.use.pos);
  let result = "";
  let from = node.getStart(context.file);
  for (const { use, text } of uses) {
    const shorthand = ts.isShorthandPropertyAssignment(use.parent);
    result += context.file.text.slice(from, use.getStart(context.file));
    result += shorthand ? `${use.text}: ${text}` : text;
    from = use.end;
  }
  return result + context.file.text.slice(from, node.end);
}

/** The place binds weaker than `&&` and `||`, so an operator can stand there bare. */
export function standsAlone(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isParenthesizedExpression(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isExpressionStatement(parent) ||
    (ts.isArrowFunction(parent) && parent.body === node) ||
    ((ts.isIfStatement(parent) || ts.isWhileStatement(parent)) && parent.expression === node)
  );
}

/** `.x`, `[x]`, `(x)`, `!` and `**` take what stands before them ahead of a `!` in front of it. */
export function bindsTighterThanNot(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent))
    return parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken;
  const isHead =
    ts.isPropertyAccessExpression(parent) ||
    ts.isElementAccessExpression(parent) ||
    ts.isCallExpression(parent) ||
    ts.isNonNullExpression(parent);
  return isHead && parent.expression === node;
}

/** Text to put a `.method()` behind. */
export function asReceiver(node: ts.Expression, text: string): string {
  const fits =
    ts.isLeftHandSideExpression(node) &&
    !ts.isNumericLiteral(node) &&
    !ts.isFunctionExpression(node) &&
    !ts.isClassExpression(node) &&
    !(ts.isNewExpression(node) && node.arguments === undefined) &&
    !ts.isObjectLiteralExpression(node);
  return fits ? text : `(${text})`;
}

/** A function or class that takes its name from where it is put. */
export function isAnonymousFunction(node: ts.Expression): boolean {
  let inner = node;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  if (ts.isArrowFunction(inner)) return true;
  return (ts.isFunctionExpression(inner) || ts.isClassExpression(inner)) && inner.name === undefined;
}

export function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
