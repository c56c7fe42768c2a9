/**
 * Where code runs again and again, and how far out of it something can be taken.
 *
 * A loop is a `for`, `while` or `do`, or a call of an array method with an inline callback. Its anchor is the
 * statement it belongs to; things are put before the anchor, so they must not change within the anchor.
 */
import ts from "typescript";
import { isLogical } from "./expressions.ts";
import { isInBlock } from "./edit.ts";
import { contains, isFresh, iterationCall } from "./references.ts";
import { pureReads } from "./purity.ts";
import type { Reads } from "./unchanged.ts";
import { isUnchangedIn } from "./unchanged.ts";
import type { RewriteContext } from "./rule.ts";

/** Anchors of the loops around `node`, innermost first, as far as they repeat `node` within one call. */
export function loopAnchors(context: RewriteContext, node: ts.Node): readonly ts.Node[] {
  const anchors: ts.Node[] = [];
  let child = node;
  for (let { parent } = node; !ts.isSourceFile(parent); child = parent, parent = parent.parent) {
    if (repeats(parent, child)) addAnchor(anchors, enclosingPlace(parent));
    if (!ts.isFunctionLike(parent)) continue;
    const call = iterationCall(context.types, parent);
    if (call === null) break;
    addAnchor(anchors, enclosingPlace(call));
  }
  return anchors;
}

interface HoistOptions {
  /** What is read beside the expression's own reads, e.g. the elements of an array it names. */
  readonly also?: readonly Reads[];
  /** Writes that the caller keeps track of. */
  readonly except?: readonly ts.Node[];
}

/**
 * The outermost anchor before which `expression` may be evaluated instead of where it stands; null when it
 * stands in no loop that leaves it alone.
 */
export function hoistAnchor(
  context: RewriteContext,
  expression: ts.Expression,
  options: HoistOptions = {},
): ts.Node | null {
  const own = pureReads(context, expression);
  if (own === null) return null;
  const all = [own, ...(options.also ?? [])];
  let found: ts.Node | null = null;
  for (const anchor of loopAnchors(context, expression)) {
    if (!all.every((reads) => isUnchangedIn(context, reads, anchor, options.except))) break;
    if (!isReachable(context, expression, anchor)) break;
    found = anchor;
  }
  return found;
}

/** The types that made it pure hold at the anchor as well: no check inside the loop narrowed them. */
function isReachable(context: RewriteContext, expression: ts.Node, anchor: ts.Node): boolean {
  let holds = true;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node))
      holds &&= isSettled(context, node, anchor);
    ts.forEachChild(node, visit);
  };
  visit(expression);
  return holds;
}

function isSettled(
  context: RewriteContext,
  node: ts.Identifier | ts.PropertyAccessExpression,
  anchor: ts.Node,
): boolean {
  const { checker } = context.types;
  const symbol = ts.isIdentifier(node)
    ? context.references.symbolOf(node)
    : checker.getSymbolAtLocation(node);
  if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Variable) === 0) {
    return ts.isIdentifier(node) || !isNarrowed(context, symbol, node);
  }
  if (!isNarrowed(context, symbol, node)) return true;
  const declaration = context.references.declarationOf(symbol);
  if (declaration?.initializer !== undefined && isFresh(context.types, declaration.initializer)) return true;
  return isCheckedBefore(context, symbol, anchor) || isNarrowedBefore(context, symbol, node, anchor);
}

function isNarrowed(context: RewriteContext, symbol: ts.Symbol | undefined, node: ts.Node): boolean {
  if (symbol === undefined) return false;
  const { checker } = context.types;
  const declared = checker.getTypeOfSymbol(symbol);
  const here = context.types.of(node);
  if (declared === here) return false;
  return context.types.isUnknown(declared) || !checker.isTypeAssignableTo(declared, here);
}

/** Never assigned, and a mention of it outside of the anchor, on the way to it, had the narrow type already. */
function isNarrowedBefore(
  context: RewriteContext,
  symbol: ts.Symbol,
  node: ts.Node,
  anchor: ts.Node,
): boolean {
  if (context.references.isAssigned(symbol)) return false;
  const narrow = context.types.of(node);
  return context.references
    .uses(symbol)
    .some(
      (use) => use.end <= anchor.pos && alwaysRunsBefore(use, anchor) && context.types.of(use) === narrow,
    );
}

/** `if (!Array.isArray(x)) throw …` stands before the anchor, in its block or one around it. */
function isCheckedBefore(context: RewriteContext, symbol: ts.Symbol, anchor: ts.Node): boolean {
  if (context.references.isAssigned(symbol)) return false;
  return context.references.uses(symbol).some((use) => {
    const guard = guardOf(use);
    return guard !== null && guard.end <= anchor.pos && isInBlock(guard) && contains(guard.parent, anchor);
  });
}

function guardOf(use: ts.Identifier): ts.IfStatement | null {
  const call = use.parent;
  if (!ts.isCallExpression(call) || call.expression.getText() !== "Array.isArray") return null;
  const negation = call.parent;
  if (!ts.isPrefixUnaryExpression(negation) || negation.operator !== ts.SyntaxKind.ExclamationToken)
    return null;
  const guard = negation.parent;
  return ts.isIfStatement(guard) && guard.expression === negation && leaves(guard.thenStatement)
    ? guard
    : null;
}

function leaves(statement: ts.Statement): boolean {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement;
  return last !== undefined && (ts.isThrowStatement(last) || ts.isReturnStatement(last));
}

/** The use's own statement stands in a block around the anchor, and no operator skips the use. */
function alwaysRunsBefore(use: ts.Node, anchor: ts.Node): boolean {
  let node = use;
  while (!ts.isStatement(node)) {
    const { parent } = node;
    const skipped =
      ts.isFunctionLike(parent) ||
      ts.isConditionalExpression(parent) ||
      (isLogical(parent) && parent.right === node);
    if (skipped) return false;
    node = parent;
  }
  return (
    (ts.isVariableStatement(node) || ts.isExpressionStatement(node)) &&
    isInBlock(node) &&
    contains(node.parent, anchor)
  );
}

function repeats(loop: ts.Node, child: ts.Node): boolean {
  if (ts.isForOfStatement(loop) || ts.isForInStatement(loop)) return child === loop.statement;
  if (ts.isForStatement(loop)) return child !== loop.initializer;
  return ts.isWhileStatement(loop) || ts.isDoStatement(loop);
}

/** The statement, or concise function body, before which something can be put; null in a case clause. */
export function enclosingPlace(node: ts.Node): ts.Node | null {
  let place = node;
  for (; !isPlace(place); place = place.parent) {
    // A default value or a class member has no statements before it.
    if (ts.isParameter(place) || ts.isClassElement(place) || ts.isSourceFile(place)) return null;
  }
  while (ts.isLabeledStatement(place.parent)) place = place.parent;
  // Braces would take the names of a declaration with them; a case has no block of its own.
  if (ts.isCaseOrDefaultClause(place.parent)) return null;
  if (!isInBlock(place) && ts.isIfStatement(place.parent) && place.parent.elseStatement === place) {
    return ts.isIfStatement(place) ? enclosingPlace(place.parent) : place;
  }
  return place;
}

function isPlace(node: ts.Node): boolean {
  if (ts.isStatement(node) && !ts.isBlock(node)) return true;
  return ts.isArrowFunction(node.parent) && node.parent.body === node;
}

function addAnchor(anchors: ts.Node[], anchor: ts.Node | null): void {
  if (anchor !== null && !anchors.includes(anchor)) anchors.push(anchor);
}
