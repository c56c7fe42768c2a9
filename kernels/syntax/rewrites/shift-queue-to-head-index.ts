/**
 * A queue that is emptied with `shift` in a `while` loop is read with a head index instead.
 *
 * Precondition: the queue is an array made on the spot that no use hands on; the loop runs while its length is
 * not 0 and takes exactly one element in each round, first thing; all other uses are `push`, before or in the
 * loop, and `length` in the loop's condition. So the queue is never shifted when empty and nobody sees the
 * elements that stay in it. Elements that are read late are the same, as only `push` changes the array. A
 * `continue`, `break`, `return` or exception in the loop leaves nothing behind that could be told apart, for the
 * queue is used nowhere after the loop.
 */
import ts from "typescript";
import { isIntegerLiteral, isMethodCall, type MethodCall } from "./expressions.ts";
import { contains, isFresh } from "./references.ts";
import { loopAnchors } from "./loops.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "shift-queue-to-head-index";

export const shiftQueueToHeadIndex: RewriteRule = {
  name,
  summary: "Reads a queue with a head index instead of moving all its elements with `shift`.",
  find: (context) =>
    context.nodes(ts.isWhileStatement).flatMap((loop) => {
      const shift = queueShift(context, loop);
      return shift === null ? [] : [indexed(context, loop, shift)];
    }),
};

function queueShift(context: RewriteContext, loop: ts.WhileStatement): MethodCall | null {
  const { references, types } = context;
  const length = lengthTested(loop.expression);
  const queue = length === null ? undefined : references.symbolOf(length.expression);
  const declaration = queue === undefined ? null : references.declarationOf(queue);
  if (declaration?.initializer === undefined || !isFresh(types, declaration.initializer)) return null;
  if (!types.isArray(types.of(length!.expression)) || !standBySide(declaration, loop)) return null;
  const calls = references
    .uses(queue!)
    .filter((use) => use !== length!.expression)
    .map(methodCall);
  const shifts = calls.filter((call): call is MethodCall => call !== null && isMethodCall(call, "shift", 0));
  const [shift] = shifts;
  const others = calls.filter((call) => call !== shift);
  if (shift === undefined || shifts.length !== 1 || !isFirstThing(loop, shift)) return null;
  const pushes = others.every((call) => call !== null && isPush(call) && call.pos < loop.end);
  return pushes ? shift : null;
}

/** In one block, so the loop meets each queue once. */
function standBySide(declaration: ts.VariableDeclaration, loop: ts.WhileStatement): boolean {
  const statement = declaration.parent.parent;
  return ts.isVariableStatement(statement) && statement.parent === loop.parent && ts.isBlock(loop.parent);
}

function lengthTested(condition: ts.Expression): ts.PropertyAccessExpression | null {
  if (ts.isPropertyAccessExpression(condition)) {
    return condition.name.text === "length" && ts.isIdentifier(condition.expression) ? condition : null;
  }
  if (!ts.isBinaryExpression(condition) || !isIntegerLiteral(condition.right, 0)) return null;
  const compared = [
    ts.SyntaxKind.GreaterThanToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ].includes(condition.operatorToken.kind);
  return compared && ts.isPropertyAccessExpression(condition.left) ? lengthTested(condition.left) : null;
}

function methodCall(use: ts.Identifier): ts.CallExpression | null {
  const access = use.parent;
  if (!ts.isPropertyAccessExpression(access) || access.expression !== use) return null;
  return ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : null;
}

function isPush(call: ts.CallExpression): boolean {
  const { expression, parent } = call;
  return (
    ts.isPropertyAccessExpression(expression) &&
    expression.name.text === "push" &&
    ts.isExpressionStatement(parent)
  );
}

/** Evaluated once in each round before anything else, with no operator that could skip it. */
function isFirstThing(loop: ts.WhileStatement, shift: MethodCall): boolean {
  if (!ts.isBlock(loop.statement)) return false;
  const [first] = loop.statement.statements;
  if (first === undefined || !contains(first, shift) || !ts.isVariableStatement(first)) return false;
  const [declaration] = first.declarationList.declarations;
  let value = declaration?.initializer;
  while (value !== undefined && (ts.isNonNullExpression(value) || ts.isAsExpression(value)))
    value = value.expression;
  return value === shift;
}

function indexed(context: RewriteContext, loop: ts.WhileStatement, shift: MethodCall): Rewrite {
  const edit = context.edit();
  const queue = shift.expression.expression.getText(context.file);
  const head = edit.freshName("head");
  edit.insertBefore(loopAnchors(context, loop.statement)[0] ?? loop, [`let ${head} = 0;`]);
  edit.replace(loop.expression, `${head} < ${queue}.length`);
  edit.replace(shift, `${queue}[${head}++]`);
  return rewriteAt(context, name, shift, `reads \`${queue}\` with a head index instead of shifting it`, edit);
}
