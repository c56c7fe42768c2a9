/**
 * A chain of `map`, `filter` and `flatMap`, with or without a `reduce` at its end, becomes one loop without the
 * arrays in between.
 *
 * Precondition: the array the chain starts from has no holes by its type, and so has each array that a `flatMap`
 * gives (holes would be skipped by the one and read by the other); callbacks are inline, take the element
 * alone (`reduce`: total and element) and are pure, so it is unseen that each element now goes through all of
 * them before the next one starts; nothing can change the array on the way. The chain stands where a loop can
 * take its place: as the value of a `const`, or given back by `return` or an arrow function.
 */
import ts from "typescript";
import { descendants } from "./context.ts";
import { isInBlock } from "./edit.ts";
import type { Edit } from "./edit.ts";
import {
  bare,
  isAnonymousFunction,
  isMethodCall,
  type MethodCall,
  parameterNames,
  returnedExpression,
  substitute,
} from "./expressions.ts";
import { isPresent } from "./presence.ts";
import { isPure, isPureFunction } from "./purity.ts";
import { functionAround, runsWithin } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "array-passes-fused";

export const arrayPassesFused: RewriteRule = {
  name,
  summary: "Runs once through an array instead of making a new one for each step of a chain.",
  find: (context) =>
    context
      .nodes((node): node is ts.Expression => placeOf(node) !== null)
      .flatMap((node) => {
        const chain = chainOf(context, node);
        const place = placeOf(node);
        return chain === null || place === null ? [] : fused(context, chain, place);
      }),
};

type Step = "map" | "filter" | "flatMap" | "reduce";

interface Pass {
  readonly step: Step;
  readonly call: MethodCall;
  readonly element: ts.Identifier;
  readonly value: ts.Expression;
  /** Of `reduce`. */
  readonly total: ts.Identifier | null;
}

interface Chain {
  readonly whole: ts.Expression;
  readonly source: ts.Expression;
  readonly passes: readonly Pass[];
}

/** What the loop takes the place of, and what its result is called there. */
type Place =
  | {
      readonly kind: "constant";
      readonly statement: ts.VariableStatement;
      readonly declaration: ts.VariableDeclaration;
    }
  | { readonly kind: "return"; readonly statement: ts.ReturnStatement }
  | { readonly kind: "concise"; readonly arrow: ts.ArrowFunction };

function placeOf(node: ts.Node): Place | null {
  if (!ts.isCallExpression(node)) return null;
  const { parent } = node;
  if (ts.isReturnStatement(parent)) return isInBlock(parent) ? { kind: "return", statement: parent } : null;
  if (ts.isArrowFunction(parent) && parent.body === node) return { kind: "concise", arrow: parent };
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return null;
  const statement = parent.parent.parent;
  const alone = ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1;
  const constant = (ts.getCombinedNodeFlags(parent) & ts.NodeFlags.Const) !== 0;
  const fits = alone && constant && isInBlock(statement) && statement.modifiers === undefined;
  return fits ? { kind: "constant", statement, declaration: parent } : null;
}

function chainOf(context: RewriteContext, whole: ts.Expression): Chain | null {
  const passes: Pass[] = [];
  let source = whole;
  for (let pass = passOf(context, source); pass !== null; pass = passOf(context, source)) {
    passes.unshift(pass);
    source = pass.call.expression.expression;
  }
  const reducesEarly = passes.slice(0, -1).some(({ step }) => step === "reduce");
  if (passes.length < 2 || reducesEarly || !isDenseAndPresent(context, source)) return null;
  return isPure(context, source) ? { whole, source, passes } : null;
}

/** Running through something missing, or something with holes, is not what the methods do. */
function isDenseAndPresent(context: RewriteContext, array: ts.Expression): boolean {
  return context.types.isDenseArray(context.types.of(array)) && isPresent(context, array);
}

function passOf(context: RewriteContext, node: ts.Expression): Pass | null {
  const step = (["map", "filter", "flatMap", "reduce"] as const).find((one) =>
    isMethodCall(node, one, one === "reduce" ? 2 : 1),
  );
  if (step === undefined) return null;
  const call = node as MethodCall;
  const [callback, start] = call.arguments;
  if (!ts.isArrowFunction(callback!) || (start !== undefined && !isPure(context, start))) return null;
  if (!context.types.isArray(context.types.of(call.expression.expression))) return null;
  const names = parameterNames(callback);
  const value = returnedExpression(callback);
  if (names?.length !== (step === "reduce" ? 2 : 1) || value === null || !isPureFunction(context, callback))
    return null;
  if (step === "flatMap" && !isDenseAndPresent(context, value)) return null;
  if (step === "map" && isAnonymousFunction(value)) return null;
  if (step === "reduce" && isKeptByClosure(context, names[0]!, value)) return null;
  const element = names[step === "reduce" ? 1 : 0]!;
  return { step, call, element, value, total: step === "reduce" ? names[0]! : null };
}

/** A function that outlives the round would see the total of later rounds. */
function isKeptByClosure(context: RewriteContext, total: ts.Identifier, value: ts.Expression): boolean {
  const { references, types } = context;
  const symbol = references.symbolOf(total);
  if (symbol === undefined) return true;
  return references.usesIn(symbol, value).some((use) => !runsWithin(types, use, functionAround(value)));
}

function fused(context: RewriteContext, chain: Chain, place: Place): readonly Rewrite[] {
  const edit = context.edit();
  const last = chain.passes.at(-1)!;
  const type = resultType(context, chain, place);
  if (type === null) return [];
  const result = resultName(context, edit, last, place);
  const start = last.step === "reduce" ? last.call.arguments[1]!.getText(context.file) : "[]";
  const keyword = last.step === "reduce" ? "let" : "const";
  const lines = [`${keyword} ${result}${type} = ${start};`, ...loopLines(context, edit, chain, result)];
  put(edit, place, chain, lines, result);
  const count = chain.passes.length;
  return [
    rewriteAt(context, name, chain.whole, `runs once through the array instead of ${count} times`, edit),
  ];
}

/** `: T[]`, nothing in JavaScript, null where the type cannot be written. */
function resultType(context: RewriteContext, { whole }: Chain, place: Place): string | null {
  if (!context.typescript) return "";
  if (place.kind === "constant" && place.declaration.type !== undefined) {
    return `: ${place.declaration.type.getText(context.file)}`;
  }
  const text = context.types.textOf(context.types.of(whole), whole);
  if (text === null) return null;
  return text === "number" || text === "string" ? "" : `: ${text}`;
}

function resultName(context: RewriteContext, edit: Edit, last: Pass, place: Place): string {
  if (place.kind === "constant") return place.declaration.name.getText();
  if (last.total === null) return edit.freshName("result");
  const isFree = meansOnly(context, context.file, last.total.text, [last.total]);
  return isFree ? last.total.text : edit.freshName(last.total.text);
}

function loopLines(context: RewriteContext, edit: Edit, chain: Chain, result: string): readonly string[] {
  const lines: string[] = [];
  let depth = 1;
  const write = (line: string): void => void lines.push(edit.step.repeat(depth) + line);
  let current = nameFor(context, edit, chain, 0, result);
  lines.push(`for (const ${current} of ${chain.source.getText(context.file)}) {`);
  for (const [index, pass] of chain.passes.entries()) {
    const value = valueText(context, pass, current, result);
    const next = chain.passes[index + 1];
    if (pass.step === "reduce") write(`${result} = ${value};`);
    else if (pass.step === "filter") {
      if (next === undefined) write(`if (${value}) ${result}.push(${current});`);
      else write(`if (${negated(pass.value, value)}) continue;`);
    } else if (pass.step === "map" && next === undefined) write(`${result}.push(${value});`);
    else {
      const made =
        next === undefined ? edit.freshName("one") : nameFor(context, edit, chain, index + 1, result);
      write(pass.step === "map" ? `const ${made} = ${value};` : `for (const ${made} of ${value}) {`);
      if (pass.step === "flatMap") depth++;
      if (next === undefined) write(`${result}.push(${made});`);
      current = made;
    }
  }
  while (depth > 0) lines.push(`${edit.step.repeat(--depth)}}`);
  return lines;
}

function valueText(context: RewriteContext, pass: Pass, current: string, result: string): string {
  const { references } = context;
  const whole = bare(pass.value);
  const renamed = [
    { symbol: references.symbolOf(pass.element)!, text: current },
    ...(pass.total === null ? [] : [{ symbol: references.symbolOf(pass.total)!, text: result }]),
  ].filter(({ symbol, text }) => symbol.name !== text);
  const text = substitute(context, whole, renamed);
  return ts.isBinaryExpression(whole) && whole.operatorToken.kind === ts.SyntaxKind.CommaToken
    ? `(${text})`
    : text;
}

/** The element's own name where it means nothing else in the chain; steps after a `filter` mean the same element. */
function nameFor(context: RewriteContext, edit: Edit, chain: Chain, from: number, result: string): string {
  const end = chain.passes.findIndex(({ step }, index) => index >= from && step !== "filter");
  const elements = chain.passes.slice(from, end === -1 ? undefined : end + 1).map(({ element }) => element);
  const [{ text }] = elements as [ts.Identifier];
  return text !== result && meansOnly(context, chain.whole, text, elements) ? text : edit.freshName(text);
}

/** Every variable called `name` within `root` is one of these. */
function meansOnly(
  context: RewriteContext,
  root: ts.Node,
  name: string,
  variables: readonly ts.Identifier[],
): boolean {
  const symbols = variables.map((one) => context.references.symbolOf(one));
  const named = descendants(root, ts.isIdentifier).filter((node) => node.text === name && isVariable(node));
  return named.every((node) => symbols.includes(context.references.symbolOf(node)));
}

function isVariable(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  return !(ts.isPropertyAssignment(parent) && parent.name === node);
}

function negated(condition: ts.Expression, text: string): string {
  const simple =
    ts.isCallExpression(condition) || ts.isPropertyAccessExpression(condition) || ts.isIdentifier(condition);
  return simple ? `!${text}` : `!(${text})`;
}

function put(edit: Edit, place: Place, chain: Chain, lines: readonly string[], result: string): void {
  const indent = edit.indentOf(place.kind === "concise" ? place.arrow : place.statement);
  const all = place.kind === "constant" ? lines : [...lines, `return ${result};`];
  if (place.kind === "concise") {
    const inner = all.map((line) => `${indent}${edit.step}${line.replaceAll("\n", `\n${edit.step}`)}`);
    const arrow = place.arrow.equalsGreaterThanToken.end;
    edit.replaceRange(arrow, chain.whole.end, ` {\n${inner.join("\n")}\n${indent}}`);
  } else {
    edit.replace(place.statement, all.join(`\n${indent}`));
  }
}
