/**
 * `reduce((all, x) => ({ ...all, [x.key]: x }), {})` and `reduce((all, x) => [...all, x], [])` change the
 * accumulator instead of copying it for each element.
 *
 * Precondition: the initial value is a literal, so nobody else holds it; the callback gives back the
 * accumulator, a spread of it with something added, or a choice between these, on every way out of it; and it
 * uses the accumulator otherwise only to read from it on the spot. A literal defines its keys where an
 * assignment would call a setter, which on a plain object is `__proto__` alone: where the type of the last key
 * does not rule that name out, it goes the old way; an earlier key must rule it out. What is added by several
 * keys at once does not read the accumulator in between. Not applied to closures that read the accumulator
 * later, to getters, methods and nameless functions in the literal (which take their names from the key), to
 * `try`, to async callbacks, or where the callback is given by name.
 */
import ts from "typescript";
import { addedBy } from "./concat-in-loop-to-push.ts";
import {
  bare,
  isAnonymousFunction,
  isMethodCall,
  isRepeatable,
  mentions,
  type MethodCall,
} from "./expressions.ts";
import {
  functionAround,
  isPlainFunction,
  isWriteTarget,
  iterationCall,
  keepsToItself,
} from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import { parts } from "./type-facts.ts";
import type { Rewrite } from "../protocol.ts";
import { descendants } from "./context.ts";
import type { Edit } from "./edit.ts";

const name = "spread-reduce-to-mutation";

export const spreadReduceToMutation: RewriteRule = {
  name,
  summary: "Adds to the accumulator of a `reduce` instead of copying it for each element.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "reduce", 2))
      .flatMap((call) => {
        const rewrite = mutated(context, call);
        return rewrite === null ? [] : [rewrite];
      }),
};

interface Accumulation {
  readonly context: RewriteContext;
  readonly edit: Edit;
  readonly name: string;
  readonly symbol: ts.Symbol;
}

function mutated(context: RewriteContext, call: MethodCall): Rewrite | null {
  const [callback, initial] = call.arguments as unknown as readonly [ts.Expression, ts.Expression];
  if (!ts.isArrowFunction(callback) || !isPlainFunction(callback) || !alwaysGives(callback)) return null;
  if (!isPlainLiteral(bare(initial))) return null;
  if (!context.types.isArray(context.types.of(call.expression.expression))) return null;
  const first = callback.parameters[0]?.name;
  const symbol =
    first !== undefined && ts.isIdentifier(first) ? context.references.symbolOf(first) : undefined;
  if (symbol === undefined) return null;
  const edit = context.edit();
  const accumulation: Accumulation = { context, edit, name: symbol.name, symbol };
  const copies = new Set<ts.Node>();
  if (!rewriteBody(accumulation, callback, copies) || copies.size === 0) return null;
  const rest = context.references.uses(symbol).filter((use) => !copies.has(use));
  if (!rest.every((use) => isReadOnTheSpot(context, use, callback))) return null;
  return rewriteAt(
    context,
    name,
    call,
    `adds to \`${symbol.name}\` instead of copying it for each element`,
    edit,
  );
}

/** No array with gaps, which spreading would fill; no object with another prototype, which it would lose. */
function isPlainLiteral(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.every((one) => !ts.isOmittedExpression(one));
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.every(
    (one) => ts.isPropertyAssignment(one) && !one.name.getText().includes("__proto__"),
  );
}

/** Every way through the callback ends with `return` or `throw`, and none comes back from there. */
function alwaysGives({ body }: ts.ArrowFunction): boolean {
  return !ts.isBlock(body) || (alwaysLeaves(body) && descendants(body, ts.isTryStatement).length === 0);
}

function alwaysLeaves(node: ts.Statement): boolean {
  if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return true;
  if (ts.isBlock(node)) return node.statements.some((one) => alwaysLeaves(one));
  if (!ts.isIfStatement(node) || node.elseStatement === undefined) return false;
  return alwaysLeaves(node.thenStatement) && alwaysLeaves(node.elseStatement);
}

function rewriteBody(accumulation: Accumulation, callback: ts.ArrowFunction, copies: Set<ts.Node>): boolean {
  const { edit, context } = accumulation;
  const { body } = callback;
  const indent = edit.indentOf(callback);
  if (!ts.isBlock(body)) {
    const lines = statementsFor(accumulation, body, copies);
    if (lines === null) return false;
    edit.replace(body, inBraces(lines, edit.step).replaceAll("\n", `\n${indent}`));
    return true;
  }
  const returns = descendants(body, ts.isReturnStatement).filter((one) => functionAround(one) === callback);
  return returns.every((statement) => {
    const given = statement.expression;
    const lines = given === undefined ? null : statementsFor(accumulation, given, copies);
    if (lines === null) return false;
    const inner = edit.indentOf(statement);
    const inBlock = ts.isBlock(statement.parent);
    const text = inBlock || lines.length === 1 ? lines.join("\n") : inBraces(lines, edit.step);
    if (text !== statement.getText(context.file))
      edit.replace(statement, text.replaceAll("\n", `\n${inner}`));
    return true;
  });
}

/** Statements that do what giving `value` back did; null if it is not of a known form. Ends with a return. */
function statementsFor(
  accumulation: Accumulation,
  value: ts.Expression,
  copies: Set<ts.Node>,
): string[] | null {
  const { context, name: all, symbol } = accumulation;
  const given = bare(value);
  if (ts.isIdentifier(given) && context.references.symbolOf(given) === symbol) {
    copies.add(given);
    return [`return ${all};`];
  }
  if (ts.isConditionalExpression(given)) return choice(accumulation, given, copies);
  const lines = ts.isObjectLiteralExpression(given)
    ? assignments(accumulation, given, copies)
    : additions(accumulation, given, copies);
  return lines === null ? null : [...lines, `return ${all};`];
}

function choice(
  accumulation: Accumulation,
  given: ts.ConditionalExpression,
  copies: Set<ts.Node>,
): string[] | null {
  const { context, edit, name: all } = accumulation;
  const whenTrue = statementsFor(accumulation, given.whenTrue, copies)?.slice(0, -1);
  const whenFalse = statementsFor(accumulation, given.whenFalse, copies)?.slice(0, -1);
  if (whenTrue === undefined || whenFalse === undefined) return null;
  const condition = given.condition.getText(context.file);
  // An `if` without braces would take the `else`.
  const block = (lines: readonly string[]): string =>
    lines.length === 1 && !lines[0]!.startsWith("if (") ? lines[0]! : inBraces(lines, edit.step);
  const [ifTrue, ifFalse] = [block(whenTrue), block(whenFalse)];
  const statements =
    whenTrue.length === 0
      ? [`if (!(${condition})) ${ifFalse}`]
      : [`if (${condition}) ${ifTrue}`, ...(whenFalse.length === 0 ? [] : [`else ${ifFalse}`])];
  return [...statements, `return ${all};`];
}

function inBraces(lines: readonly string[], step: string): string {
  return `{\n${lines.map((line) => step + line.replaceAll("\n", `\n${step}`)).join("\n")}\n}`;
}

function additions(accumulation: Accumulation, given: ts.Expression, copies: Set<ts.Node>): string[] | null {
  const { context, edit, name: all, symbol } = accumulation;
  const added = addedBy(context, given, symbol);
  if (added === null) return null;
  const copied = ts.isArrayLiteralExpression(given)
    ? (given.elements[0] as ts.SpreadElement).expression
    : (given as MethodCall).expression.expression;
  copies.add(copied);
  const text = (node: ts.Node): string => node.getText(context.file);
  if ("each" in added) return [`${all}.push(${added.each.map(text).join(", ")});`];
  if (mentions(context, added.all, symbol)) return null;
  const one = edit.freshName("one");
  return [`for (const ${one} of ${text(added.all)}) ${all}.push(${one});`];
}

function assignments(
  accumulation: Accumulation,
  given: ts.ObjectLiteralExpression,
  copies: Set<ts.Node>,
): string[] | null {
  const { context, symbol } = accumulation;
  const [spread, ...members] = given.properties;
  if (spread === undefined || !ts.isSpreadAssignment(spread) || !ts.isIdentifier(spread.expression))
    return null;
  if (context.references.symbolOf(spread.expression) !== symbol || members.length === 0) return null;
  const later = members.slice(1);
  if (later.some((member) => mentions(context, member, symbol))) return null;
  copies.add(spread.expression);
  const lines = members.map((member) => assignment(accumulation, member, member === members.at(-1)));
  return lines.includes(null) ? null : (lines as string[][]).flat();
}

function assignment(
  accumulation: Accumulation,
  member: ts.ObjectLiteralElementLike,
  isLast: boolean,
): string[] | null {
  const { context, name: all } = accumulation;
  const text = (node: ts.Node): string => node.getText(context.file);
  if (ts.isShorthandPropertyAssignment(member)) {
    const { text: key } = member.name;
    return key === "__proto__" ? null : [`${all}.${key} = ${key};`];
  }
  if (!ts.isPropertyAssignment(member) || isAnonymousFunction(member.initializer)) return null;
  const { name: key, initializer } = member;
  if (!ts.isComputedPropertyName(key)) {
    if (key.getText(context.file).includes("__proto__")) return null;
    return [
      ts.isIdentifier(key)
        ? `${all}.${key.text} = ${text(initializer)};`
        : `${all}[${text(key)}] = ${text(initializer)};`,
    ];
  }
  if (!isLast && mayBeProto(context, key.expression)) return null;
  return computedAssignment(accumulation, key.expression, initializer);
}

function computedAssignment(
  { context, edit, name: all }: Accumulation,
  key: ts.Expression,
  value: ts.Expression,
): string[] | null {
  const text = (node: ts.Node): string => node.getText(context.file);
  if (!isPropertyKey(context, key)) return null;
  if (!mayBeProto(context, key)) return [`${all}[${text(key)}] = ${text(value)};`];
  const keyName = isRepeatable(key) ? text(key) : edit.freshName("key");
  return [
    ...(isRepeatable(key) ? [] : [`const ${keyName} = ${text(key)};`]),
    `// Assigned, this one name would set the prototype.`,
    `if (${keyName} === "__proto__") return { ...${all}, [${keyName}]: ${text(value)} };`,
    `${all}[${keyName}] = ${text(value)};`,
  ];
}

function isPropertyKey({ types }: RewriteContext, key: ts.Expression): boolean {
  const type = types.of(key);
  return types.isString(type) || types.isNumber(type);
}

function mayBeProto({ types }: RewriteContext, key: ts.Expression): boolean {
  return parts(types.of(key)).some(
    (part) => !types.isNumber(part) && !(part.isStringLiteral() && part.value !== "__proto__"),
  );
}

/** `all[k]`, `all.length`, `all.includes(x)`, and not in code that may run after the next element was added. */
function isReadOnTheSpot(context: RewriteContext, use: ts.Identifier, callback: ts.ArrowFunction): boolean {
  const access = use.parent;
  if (isWriteTarget(access) || !keepsToItself(context.types, use) || ts.isReturnStatement(access))
    return false;
  for (let outer: ts.Node = use.parent; outer !== callback; outer = outer.parent) {
    if (ts.isFunctionLike(outer) && iterationCall(context.types, outer) === null) return false;
  }
  return true;
}
