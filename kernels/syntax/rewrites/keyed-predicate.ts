/**
 * Callbacks that pick elements by a key: `(user) => user.id === order.userId && user.active`.
 *
 *   parameter  user          key  user.id         wanted  order.userId        filters  user.active
 *
 * `wanted` does not mention the parameter; key and filters do not mention what varies in the loop (the rule
 * that hoists them checks so). All of it is pure, so it does not matter how often it is evaluated.
 */
import ts from "typescript";
import { bare, mentions, parameterNames, returnedExpression } from "./expressions.ts";
import { pureReads } from "./purity.ts";
import type { RewriteContext } from "./rule.ts";
import type { Reads } from "./unchanged.ts";

export interface KeyedPredicate {
  readonly parameter: ts.Identifier;
  readonly symbol: ts.Symbol;
  readonly key: ts.Expression;
  readonly wanted: ts.Expression;
  readonly filters: readonly ts.Expression[];
  /** Of key and filters, the parameter left out. */
  readonly reads: readonly Reads[];
}

/** `operator` is `===`; `!==` is for `every((x) => x.id !== wanted)`, which then has no filters. */
export function keyedPredicate(
  context: RewriteContext,
  callback: ts.Expression | undefined,
  operator: "===" | "!==" = "===",
): KeyedPredicate | null {
  if (callback === undefined || !(ts.isArrowFunction(callback) || ts.isFunctionExpression(callback)))
    return null;
  const body = returnedExpression(callback);
  const [parameter, ...more] = parameterNames(callback) ?? [];
  if (body === null || parameter === undefined || more.length > 0) return null;
  const symbol = context.references.symbolOf(parameter);
  if (symbol === undefined) return null;
  const terms = operator === "===" ? conjuncts(body) : [bare(body)];
  for (const term of terms) {
    const equality = keyEquality(context, term, symbol, operator);
    if (equality === null) continue;
    const filters = terms.filter((other) => other !== term);
    const reads = [equality.key, ...filters].map((part) => readsWithout(context, part, symbol));
    if (reads.includes(null) || pureReads(context, equality.wanted) === null) return null;
    return { parameter, symbol, ...equality, filters, reads: reads as Reads[] };
  }
  return null;
}

function conjuncts(node: ts.Expression): readonly ts.Expression[] {
  const inner = bare(node);
  const both =
    ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  return both ? [...conjuncts(inner.left), ...conjuncts(inner.right)] : [inner];
}

function keyEquality(
  context: RewriteContext,
  term: ts.Expression,
  parameter: ts.Symbol,
  operator: "===" | "!==",
): { key: ts.Expression; wanted: ts.Expression } | null {
  const kind =
    operator === "===" ? ts.SyntaxKind.EqualsEqualsEqualsToken : ts.SyntaxKind.ExclamationEqualsEqualsToken;
  if (!ts.isBinaryExpression(term) || term.operatorToken.kind !== kind) return null;
  const { left, right } = term;
  const [inLeft, inRight] = [left, right].map((side) => mentions(context, side, parameter));
  if (inLeft === inRight) return null;
  const [key, wanted] = inLeft === true ? [left, right] : [right, left];
  return isConstant(wanted) ? null : { key, wanted };
}

/** `status === "open"` is a filter, not a key. */
function isConstant(node: ts.Expression): boolean {
  return ts.isLiteralExpression(node) || /^(true|false|null|undefined)$/.test(node.getText());
}

function readsWithout(context: RewriteContext, node: ts.Expression, parameter: ts.Symbol): Reads | null {
  const reads = pureReads(context, node);
  if (reads === null) return null;
  return { variables: new Set([...reads.variables].filter((one) => one !== parameter)), heap: reads.heap };
}
