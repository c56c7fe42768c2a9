/**
 * `xs.indexOf(v) !== -1` (and `>= 0`, `=== -1` …) in a loop becomes `xsSet.has(v)`.
 *
 * Precondition: that of `array-includes-to-set`. Two things differ between `indexOf` and `has`. `indexOf`
 * never finds NaN: where the value may be NaN, the lookup asks `Number.isNaN` first, so the value must be
 * one that can be written twice. `indexOf` skips holes, which a Set would hold as `undefined`: where the
 * value may be undefined and holes are not ruled out, the Set is made without them. Not applied when the
 * position itself is used.
 */
import ts from "typescript";
import { type ArraySet, arraySets, hasNoHoles, setRewrite, writeArraySet } from "./array-set.ts";
import type { Edit } from "./edit.ts";
import { isIntegerLiteral, isMethodCall, isRepeatable, type MethodCall, standsAlone } from "./expressions.ts";
import type { RewriteContext, RewriteRule } from "./rule.ts";

const name = "array-index-of-to-set";

export const arrayIndexOfToSet: RewriteRule = {
  name,
  summary: "Looks a value up in a Set instead of scanning an array with `indexOf` in a loop.",
  find: (context) => {
    const lookups = context.nodes((node): node is MethodCall => isMembershipTest(context, node));
    return arraySets(context, lookups).map((set) => {
      const edit = context.edit();
      const setName = writeArraySet(context, edit, set, mayMeetHole(context, set));
      for (const lookup of set.lookups) replaceTest(context, edit, lookup, setName);
      return setRewrite(context, name, set, edit);
    });
  },
};

function isMembershipTest(context: RewriteContext, node: ts.Node): node is MethodCall {
  if (!isMethodCall(node, "indexOf", 1) || meaningOf(node.parent) === null) return false;
  return !mayBeNaN(context, node) || isRepeatable(node.arguments[0]!);
}

/** True for "is in", false for "is not in", null for anything else. */
function meaningOf(comparison: ts.Node): boolean | null {
  if (!ts.isBinaryExpression(comparison)) return null;
  const { operatorToken, right } = comparison;
  const minusOne = isIntegerLiteral(right, -1);
  const zero = isIntegerLiteral(right, 0);
  switch (operatorToken.kind) {
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
    case ts.SyntaxKind.EqualsEqualsToken:
      return minusOne ? false : null;
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsToken:
    case ts.SyntaxKind.GreaterThanToken:
      return minusOne ? true : null;
    case ts.SyntaxKind.GreaterThanEqualsToken:
      return zero ? true : null;
    case ts.SyntaxKind.LessThanToken:
      return zero ? false : null;
    default:
      return null;
  }
}

function replaceTest(context: RewriteContext, edit: Edit, lookup: MethodCall, setName: string): void {
  const value = lookup.arguments[0]!.getText(context.file);
  const found = meaningOf(lookup.parent)!;
  const has = `${found ? "" : "!"}${setName}.has(${value})`;
  if (!mayBeNaN(context, lookup)) {
    edit.replace(lookup.parent, has);
    return;
  }
  const guarded = found ? `!Number.isNaN(${value}) && ${has}` : `Number.isNaN(${value}) || ${has}`;
  edit.replace(lookup.parent, standsAlone(lookup.parent) ? guarded : `(${guarded})`);
}

function mayBeNaN({ types }: RewriteContext, lookup: MethodCall): boolean {
  const element = types.elementType(types.of(lookup.expression.expression));
  const value = types.of(lookup.arguments[0]!);
  return !types.excludesNaN(value) && (element === null || !types.excludesNaN(element));
}

function mayMeetHole(context: RewriteContext, set: ArraySet): boolean {
  const { types } = context;
  const undefinedSought = set.lookups.some(
    ({ arguments: [value] }) => !types.excludesUndefined(types.of(value!)),
  );
  return undefinedSought && !hasNoHoles(context, set);
}
