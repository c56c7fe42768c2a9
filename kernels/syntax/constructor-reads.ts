/**
 * Reads of a property named `constructor`: of any function, that is `Function`, which makes code of text. Seen
 * are a name behind a dot, a key whose text the syntax or its type shows, a name taken out by a pattern, and
 * `Reflect.get` and its kin; a key that is put together at run time is not, save where it is read off a function.
 * Comparing with the word is no read.
 */
import ts from "typescript";
import { isNamed } from "./code-facts.ts";

export function readsConstructor(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === NAME;
  if (ts.isElementAccessExpression(node))
    return mayBeName(node.argumentExpression, checker) || isOpenKeyOfFunction(node, checker);
  if (ts.isBindingElement(node)) return takesByName(node, checker);
  if (ts.isObjectLiteralExpression(node)) return isPatternTarget(node) && assignsByName(node, checker);
  return ts.isCallExpression(node) && isReflectiveRead(node, checker);
}

const NAME = "constructor";

function mayBeName(key: ts.Expression, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(key);
  const types = type.isUnion() ? type.types : [type];
  return types.some((one) => one.isStringLiteral() && one.value === NAME) || textOf(key) === NAME;
}

/** Of literals, templates and sums of such; null for what only running it tells. */
function textOf(key: ts.Expression): string | null {
  if (ts.isParenthesizedExpression(key) || ts.isAsExpression(key)) return textOf(key.expression);
  if (ts.isStringLiteralLike(key)) return key.text;
  if (ts.isTemplateExpression(key)) {
    const spans = key.templateSpans.map(({ expression, literal }) =>
      joined(textOf(expression), literal.text),
    );
    return spans.reduce<string | null>(joined, key.head.text);
  }
  if (!ts.isBinaryExpression(key) || key.operatorToken.kind !== ts.SyntaxKind.PlusToken) return null;
  return joined(textOf(key.left), textOf(key.right));
}

function joined(one: string | null, other: string | null): string | null {
  return one === null || other === null ? null : one + other;
}

/** `f[key]` with a key that may be any text. */
function isOpenKeyOfFunction(node: ts.ElementAccessExpression, checker: ts.TypeChecker): boolean {
  const { flags } = checker.getTypeAtLocation(node.argumentExpression);
  if ((flags & (ts.TypeFlags.String | ts.TypeFlags.Any)) === 0) return false;
  return checker.getTypeAtLocation(node.expression).getCallSignatures().length > 0;
}

/** `const { constructor: F } = f` */
function takesByName(element: ts.BindingElement, checker: ts.TypeChecker): boolean {
  return ts.isObjectBindingPattern(element.parent) && isName(element.propertyName ?? element.name, checker);
}

function isName(name: ts.PropertyName | ts.BindingName, checker: ts.TypeChecker): boolean {
  if (ts.isComputedPropertyName(name)) return mayBeName(name.expression, checker);
  return (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && name.text === NAME;
}

/** `({ constructor: F } = f)`, `for ({ constructor: F } of fs)` */
function assignsByName(pattern: ts.ObjectLiteralExpression, checker: ts.TypeChecker): boolean {
  return pattern.properties.some(({ name }) => name !== undefined && isName(name, checker));
}

function isPatternTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent))
    return parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
      ? true
      : parent.left === node && isPatternTarget(parent);
  if (ts.isForOfStatement(parent)) return parent.initializer === node;
  const isPart =
    ts.isParenthesizedExpression(parent) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isObjectLiteralExpression(parent) ||
    ts.isPropertyAssignment(parent);
  return isPart && isPatternTarget(parent);
}

function isReflectiveRead(
  { expression, arguments: given }: ts.CallExpression,
  checker: ts.TypeChecker,
): boolean {
  if (!ts.isPropertyAccessExpression(expression) || given[1] === undefined) return false;
  const { expression: owner, name } = expression;
  const isReader = isNamed(owner, "Reflect")
    ? /^get/.test(name.text)
    : name.text === "getOwnPropertyDescriptor";
  return isReader && mayBeName(given[1], checker);
}
