/**
 * An index by key over an array: where it can be made, what its types are, how it follows a growing array.
 * Shared by the rules that exchange a nested search for a lookup.
 */
import ts from "typescript";
import type { Edit } from "./edit.ts";
import type { HeapAccess } from "./effects.ts";
import {
  capitalised,
  isLogical,
  isMethodCall,
  isPath,
  lastName,
  mentions,
  type MethodCall,
  substitute,
} from "./expressions.ts";
import type { KeyedPredicate } from "./keyed-predicate.ts";
import { hoistAnchor } from "./loops.ts";
import { isPresent } from "./presence.ts";
import { contains } from "./references.ts";
import type { RewriteContext } from "./rule.ts";

export interface ArrayIndex {
  readonly array: ts.Identifier | ts.PropertyAccessExpression;
  readonly predicate: KeyedPredicate;
  readonly anchor: ts.Node;
  /** Statements that add one element to the array while the loop runs. */
  readonly pushes: readonly MethodCall[];
  /** Type arguments, e.g. `string` and `User`; null where no types are written. */
  readonly keyType: string | null;
  readonly elementType: string | null;
}

/** `grows`: elements may be added by `push` while the loop runs, and the caller mirrors that. */
export function arrayIndex(
  context: RewriteContext,
  array: ts.Expression,
  predicate: KeyedPredicate,
  grows: boolean,
): ArrayIndex | null {
  const { types } = context;
  if (!isPath(array) || !types.isDenseArray(types.of(array)) || !isPresent(context, array)) return null;
  const pushes = grows ? pushStatements(context, array) : [];
  const contents: HeapAccess = { cell: { kind: "array" }, root: context.effects.rootOf(array), node: array };
  const also = [{ variables: new Set<ts.Symbol>(), heap: [contents] }, ...predicate.reads];
  const anchor = hoistAnchor(context, array, { also, except: pushes });
  if (anchor === null) return null;
  const inside = pushes.filter((push) => contains(anchor, push));
  const element = types.elementType(types.of(array))!;
  const elementType = types.textOf(element, anchor);
  if (context.typescript && elementType === null) return null;
  return {
    array,
    predicate,
    anchor,
    pushes: inside,
    keyType: keyTypeOf(context, predicate, anchor),
    elementType,
  };
}

/** `<string, User>`, or nothing in JavaScript. */
export function typeArguments(context: RewriteContext, ...types: readonly (string | null)[]): string {
  return context.typescript ? `<${types.map((type) => type ?? "unknown").join(", ")}>` : "";
}

/** `usersById`; `seen` for a key that is the element itself. */
export function indexName(index: ArrayIndex): string {
  const { key } = index.predicate;
  const array = lastName(index.array);
  return isPath(key) && !ts.isIdentifier(key) ? `${array}By${capitalised(lastName(key))}` : `${array}ByKey`;
}

/** NaN is never `===`, but is found in a Map. */
export function keyMayBeNaN({ types }: RewriteContext, { key, wanted }: KeyedPredicate): boolean {
  return !types.excludesNaN(types.of(key)) && !types.excludesNaN(types.of(wanted));
}

/** What an element is called in a loop of its own before the anchor: not as the array is, nor anything in its path. */
export function elementName(context: RewriteContext, edit: Edit, { array, predicate }: ArrayIndex): string {
  const { text } = predicate.parameter;
  return array.getText(context.file).split(".").includes(text) ? edit.freshName("one") : text;
}

/** Key, and the condition under which an element is indexed, for an element called `element`. */
export function keyOf(context: RewriteContext, { key, symbol }: KeyedPredicate, element: string): string {
  return substitute(context, key, [{ symbol, text: element }]);
}

export function conditionsOf(
  context: RewriteContext,
  predicate: KeyedPredicate,
  element: string,
): readonly string[] {
  const filters = filtersOf(context, predicate, element);
  const key = keyOf(context, predicate, element);
  return keyMayBeNaN(context, predicate) ? [...filters, `!Number.isNaN(${key})`] : filters;
}

/** The predicate's other conditions, ready to be joined by `&&`. */
export function filtersOf(
  context: RewriteContext,
  predicate: KeyedPredicate,
  element: string,
): readonly string[] {
  return predicate.filters.map((filter) => {
    const text = substitute(context, filter, [{ symbol: predicate.symbol, text: element }]);
    return isLogical(filter) || ts.isConditionalExpression(filter) ? `(${text})` : text;
  });
}

/**
 * Gives the pushed element a name if it has none, and returns it. Called once for a push.
 */
export function nameOfPushed(
  context: RewriteContext,
  edit: Edit,
  index: ArrayIndex,
  push: MethodCall,
): string {
  const pushed = push.arguments[0]!;
  if (ts.isIdentifier(pushed)) return pushed.text;
  const name = edit.freshName("added");
  const type = context.typescript ? `: ${index.elementType!}` : "";
  edit.insertBefore(push.parent, [`const ${name}${type} = ${pushed.getText(context.file)};`]);
  edit.replace(pushed, name);
  return name;
}

function pushStatements(context: RewriteContext, array: ts.Node): readonly MethodCall[] {
  const symbol = ts.isIdentifier(array) ? context.references.symbolOf(array) : undefined;
  if (symbol === undefined) return [];
  return context.references
    .uses(symbol)
    .map((use) => use.parent.parent)
    .filter((call): call is MethodCall => isMethodCall(call, "push", 1))
    .filter((call) => call.expression.expression.getText() === array.getText())
    .filter((call) => ts.isExpressionStatement(call.parent))
    .filter(({ arguments: [pushed] }) => isNameable(pushed!) && !mentions(context, pushed!, symbol));
}

function isNameable(pushed: ts.Expression): boolean {
  // A literal over several lines would lose its indentation when moved.
  return (
    ts.isIdentifier(pushed) || (ts.isObjectLiteralExpression(pushed) && !pushed.getText().includes("\n"))
  );
}

/** The wider of both sides of the comparison, so that both may be asked for. */
function keyTypeOf({ types }: RewriteContext, { key, wanted }: KeyedPredicate, at: ts.Node): string | null {
  const { checker } = types;
  const [keyType, wantedType] = [key, wanted].map((side) => checker.getBaseTypeOfLiteralType(types.of(side)));
  if (checker.isTypeAssignableTo(wantedType!, keyType!)) return types.textOf(keyType!, at);
  if (checker.isTypeAssignableTo(keyType!, wantedType!)) return types.textOf(wantedType!, at);
  return "unknown";
}
