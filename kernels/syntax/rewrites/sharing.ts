/** Whether a result that is made anew each time may be the same object each time. */
import ts from "typescript";
import { bare, isPath } from "./expressions.ts";
import { ARRAY_READERS, COLLECTION_READERS } from "./known-calls.ts";
import type { RewriteContext } from "./rule.ts";
import type { TypeFacts } from "./type-facts.ts";

/**
 * Nobody can tell whether the object and all that it holds are the same each time: it is only read on the spot, and
 * what comes out of it is primitive, or is not made with it.
 */
export function isSharable(context: RewriteContext, expression: ts.Expression): boolean {
  if (!isOnlyReadOnTheSpot(expression)) return false;
  return (
    hasPrimitiveParts(context.types, expression) || keepsParts(context, expression) || isCounted(expression)
  );
}

function hasPrimitiveParts(types: TypeFacts, expression: ts.Expression): boolean {
  const type = types.of(expression);
  const { checker } = types;
  if (types.isUnknown(type) || type.isUnion()) return false;
  const isKnown = types.isArray(type) || types.isGlobalInstance(type, ["Map", "Set"]);
  if (!isKnown && !types.isPlainObject(type)) return false;
  const parts = isKnown
    ? checker.getTypeArguments(type as ts.TypeReference)
    : [
        ...checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property)),
        ...checker.getIndexInfosOfType(type).map((info) => info.type),
      ];
  return parts.every((part) => types.isPrimitive(part));
}

/** Its elements are those of an array, a Set or an object that was there before. */
function keepsParts(context: RewriteContext, expression: ts.Expression): boolean {
  const inner = bare(expression);
  if (isPath(inner)) return true;
  const given = ts.isCallExpression(inner) || ts.isNewExpression(inner) ? (inner.arguments ?? []) : [];
  if (ts.isNewExpression(inner)) {
    return context.types.isGlobal(inner.expression, "Set") && given.every((one) => keepsParts(context, one));
  }
  if (ts.isArrayLiteralExpression(inner)) {
    return inner.elements.every((one) => ts.isSpreadElement(one) && keepsParts(context, one.expression));
  }
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return false;
  const { expression: owner, name } = inner.expression;
  if (context.types.isGlobal(owner, "Object"))
    return name.text === "values" && given.every((one) => keepsParts(context, one));
  const isKeeper = /^(?:filter|slice|sort|toSorted|reverse|toReversed)$/.test(name.text);
  return isKeeper && context.types.isArray(context.types.of(owner)) && keepsParts(context, owner);
}

/** `.length`, `.size`, `.has(x)`, `.includes(x)`, `.join(x)`: nothing that it holds comes out. */
function isCounted(expression: ts.Node): boolean {
  const { parent } = expression;
  if (ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent)) return isCounted(parent);
  const access = ts.isPropertyAccessExpression(parent) ? parent.name.text : "";
  return /^(?:length|size|has|includes|indexOf|join)$/.test(access);
}

/**
 * Nobody can tell which object the expression gives, and nobody changes it: a property or an element is read
 * from it, a reading method called on it, or it is run through or spread.
 */
export function isOnlyReadOnTheSpot(expression: ts.Node): boolean {
  const { parent } = expression;
  if (ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent))
    return isOnlyReadOnTheSpot(parent);
  if (ts.isForOfStatement(parent)) return parent.expression === expression; // nameless in the loop, so not changed there
  if (ts.isSpreadElement(parent) || ts.isSpreadAssignment(parent)) return true;
  if (ts.isElementAccessExpression(parent))
    return parent.expression === expression && !isCalledOrWritten(parent);
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== expression) return false;
  if (!isCalledOrWritten(parent)) return true;
  const method = parent.name.text;
  if (!ts.isCallExpression(parent.parent)) return false;
  return (
    (ARRAY_READERS.has(method) || COLLECTION_READERS.has(method)) && !seesReceiver(parent.parent, method)
  );
}

function isCalledOrWritten(access: ts.Node): boolean {
  const { parent } = access;
  if (ts.isCallExpression(parent)) return parent.expression === access;
  if (ts.isBinaryExpression(parent) && parent.left === access) {
    return (
      parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
      parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment
    );
  }
  return (
    ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent) || ts.isDeleteExpression(parent)
  );
}

/** A callback's last parameter is the array itself; a function by name may take it too. */
function seesReceiver(call: ts.CallExpression, method: string): boolean {
  const room = method.startsWith("reduce") ? 3 : 2;
  const [callback] = call.arguments;
  if (callback === undefined || ts.isLiteralExpression(callback)) return false;
  if (ts.isArrowFunction(callback)) return callback.parameters.length > room;
  return (
    ts.isFunctionExpression(callback) ||
    !/^(at|concat|includes|indexOf|join|slice|has|get|flat)$/.test(method)
  );
}
