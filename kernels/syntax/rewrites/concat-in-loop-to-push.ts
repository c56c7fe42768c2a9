/**
 * `list = list.concat(x)` and `list = [...list, x]` become `list.push(x)`.
 *
 * Precondition: `list` is a `let` in a statement of its own that starts with an array made on the spot without
 * holes (spreading would fill them), every assignment to it is of this form, and no use hands the array on or
 * keeps it: then nobody can tell one growing array from a row of copies. Whatever throws, throws before the
 * push. What is joined is an array without holes by its type that is surely there and does not mention the
 * list, or surely no array (`concat` takes arrays apart); working it out does not make the list grow, which
 * the copy begun before would not see. Not applied where the list is run through by `for … of` around the
 * assignment (it would see itself grow), where a function gives it back while it grows, or in a `finally`,
 * which runs after a `return`.
 */
import ts from "typescript";
import { bare, isMethodCall, mentions } from "./expressions.ts";
import { isPresent } from "./presence.ts";
import { contains, functionAround, isFresh, isWriteTarget, keepsToItself, runsWithin } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import { parts, type TypeFacts } from "./type-facts.ts";
import type { Rewrite } from "../protocol.ts";

const name = "concat-in-loop-to-push";

export const concatInLoopToPush: RewriteRule = {
  name,
  summary: "Pushes onto an array of its own instead of copying it for each element.",
  find: (context) =>
    context.nodes(ts.isVariableDeclaration).flatMap((declaration) => {
      const appends = appendsTo(context, declaration);
      return appends === null ? [] : [pushed(context, declaration, appends)];
    }),
};

interface Append {
  readonly statement: ts.ExpressionStatement;
  /** One array without holes, or single values. */
  readonly added: { readonly all: ts.Expression } | { readonly each: readonly ts.Expression[] };
}

function appendsTo(context: RewriteContext, declaration: ts.VariableDeclaration): readonly Append[] | null {
  const { references, types } = context;
  const list = references.symbolOf(declaration.name);
  const made = declaration.initializer;
  if (list === undefined || references.declarationOf(list) !== declaration || made === undefined) return null;
  if (!isFresh(types, made) || !types.isArray(types.checker.getTypeOfSymbol(list))) return null;
  // In the head of a `for` each round has a list of its own.
  if (!ts.isVariableStatement(declaration.parent.parent) || !isMadeWithoutHoles(context, made)) return null;
  const appends: Append[] = [];
  for (const use of references.uses(list)) {
    const append = appendAt(context, use, list);
    if (append !== null) appends.push(append);
    else if (!isSafeUse(context, use, declaration, list)) return null;
  }
  const alone = appends.every(({ statement }) => growsAlone(context, statement, list, declaration));
  return appends.length > 0 && alone ? appends : null;
}

/** A literal without gaps, or an array whose type rules holes out; not `new Array(3)`. */
function isMadeWithoutHoles({ types }: RewriteContext, made: ts.Expression): boolean {
  const inner = bare(made);
  if (ts.isArrayLiteralExpression(inner)) return inner.elements.every((one) => !ts.isOmittedExpression(one));
  return !ts.isNewExpression(inner) && types.isDenseArray(types.of(inner));
}

/** While the value is worked out, nothing else adds to the list; and no `return` has given it back before. */
function growsAlone(
  { effects, references, types }: RewriteContext,
  statement: ts.ExpressionStatement,
  list: ts.Symbol,
  declaration: ts.VariableDeclaration,
): boolean {
  const { right } = statement.expression as ts.BinaryExpression;
  const { variables, opaque } = effects.writesOf(right);
  const home = functionAround(declaration);
  const growing = references.uses(list).filter(isWriteTarget);
  const finished = ts.findAncestor(
    statement,
    (node) => ts.isBlock(node) && ts.isTryStatement(node.parent) && node.parent.finallyBlock === node,
  );
  if (variables.has(list) || finished !== undefined) return false;
  return !opaque || growing.every((use) => runsWithin(types, use, home));
}

/** The append whose assignment target is `use`. */
function appendAt(context: RewriteContext, use: ts.Identifier, list: ts.Symbol): Append | null {
  const assignment = use.parent;
  if (!ts.isBinaryExpression(assignment) || assignment.left !== use) return null;
  const statement = assignment.parent;
  if (assignment.operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isExpressionStatement(statement))
    return null;
  const added = addedBy(context, bare(assignment.right), list);
  return added === null ? null : { statement, added };
}

export function addedBy(
  context: RewriteContext,
  copy: ts.Expression,
  list: ts.Symbol,
): Append["added"] | null {
  const isList = (node: ts.Node): boolean =>
    ts.isIdentifier(node) && context.references.symbolOf(node) === list;
  if (isMethodCall(copy, "concat", 1) && isList(copy.expression.expression)) {
    const [argument] = copy.arguments;
    if (ts.isArrayLiteralExpression(argument!)) return elementsAdded(context, argument.elements, list);
    return valueAdded(context, argument!, list);
  }
  if (!ts.isArrayLiteralExpression(copy)) return null;
  const [head, ...tail] = copy.elements;
  if (head === undefined || !ts.isSpreadElement(head) || !isList(head.expression)) return null;
  return elementsAdded(context, tail, list);
}

function elementsAdded(
  context: RewriteContext,
  elements: readonly ts.Expression[],
  list: ts.Symbol,
): Append["added"] | null {
  const [only] = elements;
  if (elements.length === 1 && ts.isSpreadElement(only!)) return allAdded(context, only.expression, list);
  const single = elements.every((one) => !ts.isSpreadElement(one) && !ts.isOmittedExpression(one));
  return single && elements.length > 0 ? { each: elements } : null;
}

function valueAdded(context: RewriteContext, value: ts.Expression, list: ts.Symbol): Append["added"] | null {
  const { types } = context;
  const type = types.of(bare(value));
  if (types.isDenseArray(type)) return allAdded(context, value, list);
  return types.isPrimitive(type) || isNoArray(types, type) ? { each: [value] } : null;
}

/** Run through while the list grows, so it must not be the list. */
function allAdded(context: RewriteContext, all: ts.Expression, list: ts.Symbol): Append["added"] | null {
  const { types } = context;
  const dense = types.isDenseArray(types.of(bare(all))) && isPresent(context, all);
  return dense && !mentions(context, all, list) ? { all } : null;
}

/** A plain object with a member that arrays do not have; `{ length: number }` may be an array. */
function isNoArray(types: TypeFacts, type: ts.Type): boolean {
  if (!types.isPlainObject(type)) return false;
  return parts(type).every((part) =>
    types.checker
      .getPropertiesOfType(part)
      .some(({ name, flags }) => (flags & ts.SymbolFlags.Optional) === 0 && !(name in Array.prototype)),
  );
}

function isSafeUse(
  context: RewriteContext,
  use: ts.Identifier,
  declaration: ts.VariableDeclaration,
  list: ts.Symbol,
): boolean {
  const own = functionAround(declaration);
  if (ts.isReturnStatement(use.parent)) return functionAround(use) === own;
  if (ts.isForOfStatement(use.parent)) {
    const loop = use.parent;
    const growing = context.references.uses(list).filter(isWriteTarget);
    return growing.every((one) => !contains(loop, one) && functionAround(one) === own);
  }
  return keepsToItself(context.types, use) && !isIterator(use.parent);
}

/** `list.values()` would see the list grow. */
function isIterator(access: ts.Node): boolean {
  return ts.isPropertyAccessExpression(access) && /^(entries|keys|values)$/.test(access.name.text);
}

function pushed(
  context: RewriteContext,
  declaration: ts.VariableDeclaration,
  appends: readonly Append[],
): Rewrite {
  const edit = context.edit();
  const list = declaration.name.getText(context.file);
  for (const { statement, added } of appends) {
    if ("each" in added) {
      edit.replace(
        statement,
        `${list}.push(${added.each.map((one) => one.getText(context.file)).join(", ")});`,
      );
    } else {
      const element = edit.freshName("one");
      const loop = `for (const ${element} of ${added.all.getText(context.file)}) ${list}.push(${element});`;
      edit.replace(statement, loop);
    }
  }
  const start = declaration.parent.getStart(context.file);
  const alone =
    ts.isVariableDeclarationList(declaration.parent) && declaration.parent.declarations.length === 1;
  if (alone && context.file.text.startsWith("let", start)) edit.replaceRange(start, start + 3, "const");
  return rewriteAt(
    context,
    name,
    appends[0]!.statement,
    `pushes onto \`${list}\` instead of copying it`,
    edit,
  );
}
