/**
 * A Set that holds what an array holds, for as long as a loop runs.
 *
 * The array is not changed while the loop runs, save by statements `xs.push(a, b)` whose arguments can be
 * written twice: those add to the Set as well. A module's constant array that is only read gets its Set
 * beside it, once for all calls.
 */
import ts from "typescript";
import type { Edit } from "./edit.ts";
import type { HeapAccess } from "./effects.ts";
import { isMethodCall, isPath, isRepeatable, lastName, mentions, type MethodCall } from "./expressions.ts";
import { ARRAY_READERS } from "./known-calls.ts";
import { hoistAnchor } from "./loops.ts";
import { isPresent } from "./presence.ts";
import { contains, isWriteTarget } from "./references.ts";
import { type RewriteContext, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

export interface ArraySet {
  readonly array: ts.Identifier | ts.PropertyAccessExpression;
  /** The Set is made before this, or after it when it is the array's own declaration. */
  readonly anchor: ts.Node;
  readonly beside: boolean;
  readonly pushes: readonly MethodCall[];
  /** Every lookup that this Set serves. */
  readonly lookups: MethodCall[];
}

/** One `ArraySet` for all lookups that can share it. */
export function arraySets(context: RewriteContext, lookups: readonly MethodCall[]): readonly ArraySet[] {
  const sets: ArraySet[] = [];
  for (const lookup of lookups) {
    const set = arraySet(context, lookup);
    const shared = set === null ? undefined : sets.find((other) => isSameSet(context, set, other));
    if (shared !== undefined) shared.lookups.push(lookup);
    else if (set !== null) sets.push(set);
  }
  return sets;
}

/** Writes the Set and keeps it in step; returns its name. `withoutHoles`: what the array lacks must be lacking. */
export function writeArraySet(
  context: RewriteContext,
  edit: Edit,
  set: ArraySet,
  withoutHoles: boolean,
): string {
  const name = edit.freshName(`${camelCased(lastName(set.array))}Set`);
  const text = set.array.getText(context.file);
  const elements = withoutHoles ? `${text}.filter(() => true)` : text;
  const line = `const ${name} = new Set${typeArgument(context, set)}(${elements});`;
  if (set.beside) edit.insertAfter(set.anchor, [line]);
  else edit.insertBefore(set.anchor, [line]);
  for (const push of set.pushes) {
    edit.insertAfter(
      push.parent,
      push.arguments.map((argument) => `${name}.add(${argument.getText(context.file)});`),
    );
  }
  return name;
}

/** The rewrite of an edit that exchanged the lookups for the Set's. */
export function setRewrite(context: RewriteContext, rule: string, set: ArraySet, edit: Edit): Rewrite {
  const array = set.array.getText(context.file);
  const description = `looks values up in a Set instead of scanning \`${array}\``;
  return rewriteAt(context, rule, set.lookups[0]!, description, edit);
}

/** No hole can be in it: by its type, or since it was made without one and only grows by `push`. */
export function hasNoHoles(context: RewriteContext, set: ArraySet): boolean {
  const { references, types } = context;
  if (types.isDenseArray(types.of(set.array))) return true;
  const symbol = references.symbolOf(set.array);
  const made = symbol === undefined ? undefined : references.declarationOf(symbol)?.initializer;
  if (made === undefined || !ts.isArrayLiteralExpression(made) || !references.isConfined(symbol!))
    return false;
  const literal = made.elements.every((one) => !ts.isOmittedExpression(one) && !ts.isSpreadElement(one));
  return literal && references.uses(symbol!).every((use) => growsOrReads(use));
}

function arraySet(context: RewriteContext, lookup: MethodCall): ArraySet | null {
  const array = lookup.expression.expression;
  if (!isPath(array) || !context.types.isArray(context.types.of(array))) return null;
  if (!isPresent(context, array)) return null;
  const constant = constantDeclaration(context, array);
  if (constant !== null) return { array, anchor: constant, beside: true, pushes: [], lookups: [lookup] };
  const pushes = mirrorablePushes(context, array);
  const contents: HeapAccess = { cell: { kind: "array" }, root: context.effects.rootOf(array), node: array };
  const anchor = hoistAnchor(context, array, {
    also: [{ variables: new Set(), heap: [contents] }],
    except: pushes,
  });
  if (anchor === null) return null;
  const inside = pushes.filter((push) => contains(anchor, push));
  return { array, anchor, beside: false, pushes: inside, lookups: [lookup] };
}

/** `const NAMES = ["a", "b"]` of this module, not exported and nowhere changed. */
function constantDeclaration(context: RewriteContext, array: ts.Node): ts.VariableStatement | null {
  const { references } = context;
  const symbol = ts.isIdentifier(array) ? references.symbolOf(array) : undefined;
  const declaration = symbol === undefined ? null : references.declarationOf(symbol);
  const statement = declaration?.parent.parent;
  if (statement === undefined || !ts.isVariableStatement(statement) || !ts.isSourceFile(statement.parent))
    return null;
  const constant = (ts.getCombinedNodeFlags(declaration!) & ts.NodeFlags.Const) !== 0;
  const onlyRead = references.uses(symbol!).every((use) => onlyReads(use));
  return constant && onlyRead && references.isConfined(symbol!) ? statement : null;
}

function onlyReads(use: ts.Identifier): boolean {
  const { parent } = use;
  if (ts.isElementAccessExpression(parent)) return !isWriteTarget(parent);
  if (!ts.isPropertyAccessExpression(parent)) return !ts.isReturnStatement(parent);
  if (isWriteTarget(parent)) return false;
  return ARRAY_READERS.has(parent.name.text) || parent.name.text === "length";
}

function growsOrReads(use: ts.Identifier): boolean {
  const { parent } = use;
  return onlyReads(use) || (ts.isPropertyAccessExpression(parent) && parent.name.text === "push");
}

function mirrorablePushes(context: RewriteContext, array: ts.Node): readonly MethodCall[] {
  const symbol = ts.isIdentifier(array) ? context.references.symbolOf(array) : undefined;
  if (symbol === undefined) return [];
  return context.references
    .uses(symbol)
    .map((use) => use.parent.parent)
    .filter((call): call is MethodCall => isMethodCall(call, "push"))
    .filter((call) => call.expression.expression.getText() === array.getText())
    .filter((call) => ts.isExpressionStatement(call.parent) && !mentionsInArguments(context, call, symbol))
    .filter((call) => call.arguments.length > 0 && call.arguments.every(isRepeatable));
}

/** `xs.push(xs.length)` would be another value the second time. */
function mentionsInArguments(context: RewriteContext, call: ts.CallExpression, symbol: ts.Symbol): boolean {
  return call.arguments.some((argument) => mentions(context, argument, symbol));
}

/** `const seen = []` has no element type yet where the Set is made. */
function typeArgument(context: RewriteContext, set: ArraySet): string {
  const { references, types } = context;
  const symbol = references.symbolOf(set.array);
  const declaration = symbol === undefined ? null : references.declarationOf(symbol);
  const made = declaration?.initializer;
  const evolving = declaration?.type === undefined && made !== undefined && ts.isArrayLiteralExpression(made);
  if (!context.typescript || !evolving || made.elements.length > 0) return "";
  const element = types.elementType(types.of(set.array));
  const text = element === null ? null : types.textOf(element, set.anchor);
  return `<${text ?? "unknown"}>`;
}

function isSameSet(context: RewriteContext, one: ArraySet, other: ArraySet): boolean {
  const { effects } = context;
  return (
    one.anchor === other.anchor &&
    one.array.getText(context.file) === other.array.getText(context.file) &&
    effects.rootOf(one.array) === effects.rootOf(other.array)
  );
}

/** `STOP_WORDS` becomes `stopWords`. */
function camelCased(name: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) return name;
  return name.toLowerCase().replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
