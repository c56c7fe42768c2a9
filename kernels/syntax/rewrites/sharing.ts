/** Whether a result that is made anew each time may be the same object each time. */
import ts from "typescript";
import { ARRAY_READERS, COLLECTION_READERS } from "./known-calls.ts";

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
