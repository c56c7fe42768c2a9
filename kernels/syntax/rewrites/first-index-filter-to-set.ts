/**
 * `xs.filter((x, i) => xs.indexOf(x) === i)`, the short way to drop duplicates, becomes a filter that remembers
 * in a Set; so do `findIndex((other) => other.key === x.key) === i` and, for the duplicates, `!== i`.
 *
 * Precondition: `xs` is a name, or the callback searches its own third parameter; the callback does nothing else; for `findIndex` the key is pure and the array
 * has no holes by its type. Both forms visit the elements in order and skip holes. The first of equal elements
 * is at its own index; later ones are not. NaN is never found by `indexOf` or `===`, so its index is never the
 * own one: where elements may be NaN that is asked first. −0 and 0 are equal to both, and the elements
 * themselves are kept, not what the Set holds. Nothing is called that could change the array in between.
 */
import ts from "typescript";
import {
  bare,
  isMethodCall,
  type MethodCall,
  mentions,
  parameterNames,
  returnedExpression,
  substitute,
} from "./expressions.ts";
import { isPure } from "./purity.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import { enclosingPlace, loopAnchors } from "./loops.ts";
import type { Rewrite } from "../protocol.ts";
import { parts } from "./type-facts.ts";

const name = "first-index-filter-to-set";

export const firstIndexFilterToSet: RewriteRule = {
  name,
  summary:
    "Drops duplicates by remembering what was seen in a Set instead of searching each one's first index.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "filter", 1))
      .flatMap((call) => {
        const first = firstIndexTest(context, call);
        if (first === null) return [];
        if (isSetLike(context, call, first)) return [spreadSet(context, call)];
        const place = enclosingPlace(call);
        // In a loop's condition the memory would not be new each time.
        const isNewEachTime = place !== null && !loopAnchors(context, call).includes(place);
        return isNewEachTime ? [remembered(context, call, first, place)] : [];
      }),
};

interface FirstIndexTest {
  readonly callback: ts.ArrowFunction | ts.FunctionExpression;
  readonly element: ts.Identifier;
  /** What is compared, as text in terms of the element. */
  readonly key: string;
  readonly keyType: ts.Type;
  /** True: keeps first ones; false: keeps the repeated ones. */
  readonly keepsFirst: boolean;
}

function firstIndexTest(context: RewriteContext, call: MethodCall): FirstIndexTest | null {
  const array = call.expression.expression;
  const [callback] = call.arguments;
  if (!context.types.isArray(context.types.of(array))) return null;
  if (callback === undefined || !(ts.isArrowFunction(callback) || ts.isFunctionExpression(callback)))
    return null;
  const [element, index, itself] = parameterNames(callback) ?? [];
  const body = returnedExpression(callback);
  if (element === undefined || index === undefined || body === null) return null;
  const test = bare(body);
  if (!ts.isBinaryExpression(test)) return null;
  const keepsFirst = test.operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken;
  if (!keepsFirst && test.operatorToken.kind !== ts.SyntaxKind.ExclamationEqualsEqualsToken) return null;
  const [search, own] = ts.isIdentifier(test.left) ? [test.right, test.left] : [test.left, test.right];
  const symbols = [array, ...(itself === undefined ? [] : [itself])].map((one) =>
    context.references.symbolOf(one)!,
  );
  if (!isSame(context, own, index)) return null;
  const key = searchedKey(context, search, element, symbols);
  return key === null ? null : { callback, element, ...key, keepsFirst };
}

function searchedKey(
  context: RewriteContext,
  search: ts.Expression,
  element: ts.Identifier,
  arrays: readonly ts.Symbol[],
): Pick<FirstIndexTest, "key" | "keyType"> | null {
  const inArray = (call: MethodCall): boolean => {
    const owner = call.expression.expression;
    return ts.isIdentifier(owner) && arrays.includes(context.references.symbolOf(owner)!);
  };
  if (
    isMethodCall(search, "indexOf", 1) &&
    inArray(search) &&
    isSame(context, search.arguments[0]!, element)
  ) {
    return { key: element.text, keyType: context.types.of(element) };
  }
  return isMethodCall(search, "findIndex", 1) && inArray(search)
    ? comparedKey(context, search, element)
    : null;
}

/** `(other) => other.id === x.id`: the same key on both sides. */
function comparedKey(
  context: RewriteContext,
  search: MethodCall,
  element: ts.Identifier,
): Pick<FirstIndexTest, "key" | "keyType"> | null {
  const { references, types } = context;
  const [callback] = search.arguments;
  if (callback === undefined || !ts.isArrowFunction(callback)) return null;
  const [other, ...more] = parameterNames(callback) ?? [];
  const body = returnedExpression(callback);
  if (other === undefined || more.length > 0 || body === null) return null;
  const equality = bare(body);
  if (!ts.isBinaryExpression(equality)) return null;
  if (equality.operatorToken.kind !== ts.SyntaxKind.EqualsEqualsEqualsToken) return null;
  const symbol = references.symbolOf(element)!;
  const [theirs, own] = mentions(context, equality.left, symbol)
    ? [equality.right, equality.left]
    : [equality.left, equality.right];
  const same =
    substitute(context, theirs, [{ symbol: references.symbolOf(other)!, text: element.text }]) ===
    own.getText(context.file);
  if (!same || mentions(context, theirs, symbol) || !isPure(context, theirs)) return null;
  if (!types.isDenseArray(types.of(search.expression.expression))) return null;
  return { key: own.getText(context.file), keyType: types.of(own) };
}

function remembered(
  context: RewriteContext,
  call: MethodCall,
  test: FirstIndexTest,
  place: ts.Node,
): Rewrite {
  const edit = context.edit();
  const { types } = context;
  const seen = edit.freshName("seen");
  const type = context.typescript
    ? `<${types.textOf(types.checker.getBaseTypeOfLiteralType(test.keyType), call) ?? "unknown"}>`
    : "";
  edit.insertBefore(place, [`const ${seen} = new Set${type}();`]);
  edit.replace(test.callback, callbackText(context, test, seen));
  return rewriteAt(
    context,
    name,
    call,
    "remembers what was seen in a Set instead of searching for its first index",
    edit,
  );
}

/** Strings and objects: a Set keeps them as they are. (Of −0 it makes 0.) */
function isSetLike({ types }: RewriteContext, call: MethodCall, test: FirstIndexTest): boolean {
  const whole = test.key === test.element.text && test.keepsFirst;
  const elements = parts(test.keyType);
  const kept = elements.every(({ flags }) => (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Object)) !== 0);
  return whole && kept && types.isDenseArray(types.of(call.expression.expression));
}

function spreadSet(context: RewriteContext, call: MethodCall): Rewrite {
  const edit = context.edit();
  const array = call.expression.expression.getText(context.file);
  edit.replace(call, `[...new Set(${array})]`);
  return rewriteAt(context, name, call, `drops duplicates of \`${array}\` by a Set`, edit);
}

function callbackText(
  { types }: RewriteContext,
  { element, key, keyType, keepsFirst }: FirstIndexTest,
  seen: string,
): string {
  const nan = types.excludesNaN(keyType) ? null : `Number.isNaN(${key})`;
  const repeated = `${seen}.size === ${seen}.add(${key}).size`;
  const first = `${seen}.size !== ${seen}.add(${key}).size`;
  if (keepsFirst) return `(${element.text}) => ${nan === null ? "" : `!${nan} && `}${first}`;
  return `(${element.text}) => ${nan === null ? "" : `${nan} || `}${repeated}`;
}

function isSame(context: RewriteContext, node: ts.Node, other: ts.Identifier): boolean {
  return ts.isIdentifier(node) && context.references.symbolOf(node) === context.references.symbolOf(other);
}
