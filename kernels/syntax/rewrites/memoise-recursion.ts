/**
 * A pure function that calls itself more than once remembers its results for as long as the outermost call runs.
 *
 * Precondition: a function declaration whose parameters are strings, numbers and booleans and whose result is a
 * primitive that is never undefined; its body is pure but for its calls of itself, of which there are at least
 * two; it does not assign its parameters nor use `arguments` or `this`. Then equal arguments give equal results,
 * so the first one may stand for all. Keys tell apart what the function could: −0 is written as `-0`, strings are
 * quoted. An exception is not remembered, so it is thrown again where it was. Each call from outside starts with
 * an empty memory. The frames on the stack are as many as before.
 */
import ts from "typescript";
import { descendants } from "./context.ts";
import { isPureRecursion } from "./purity.ts";
import { functionAround } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "memoise-recursion";

export const memoiseRecursion: RewriteRule = {
  name,
  summary: "Remembers the results of a pure recursion for as long as its outermost call runs.",
  find: (context) =>
    context.nodes(ts.isFunctionDeclaration).flatMap((declaration) => {
      const recursion = recursionOf(context, declaration);
      return recursion === null ? [] : [memoised(context, declaration, recursion)];
    }),
};

interface Recursion {
  readonly selfCalls: readonly ts.Identifier[];
  readonly returns: readonly ts.ReturnStatement[];
  readonly parameters: readonly ts.Identifier[];
}

function recursionOf(context: RewriteContext, declaration: ts.FunctionDeclaration): Recursion | null {
  const { references } = context;
  const { body, name: own } = declaration;
  const symbol = own === undefined ? undefined : references.symbolOf(own);
  if (symbol === undefined || body === undefined || declaration.typeParameters !== undefined) return null;
  const selfCalls = references.usesIn(symbol, body);
  const called = selfCalls.every((use) => ts.isCallExpression(use.parent) && use.parent.expression === use);
  const parameters = declaration.parameters.map((parameter) => primitiveParameter(context, parameter));
  const returns = descendants(body, ts.isReturnStatement).filter(
    (one) => functionAround(one) === declaration,
  );
  const sound = selfCalls.length >= 2 && called && parameters.length > 0 && !parameters.includes(null);
  if (!sound || !givesPrimitive(context, declaration) || !isPureRecursion(context, own!)) return null;
  if (context.references.isAssigned(symbol) || mentionsCall(body)) return null;
  return { selfCalls, returns, parameters: parameters as ts.Identifier[] };
}

function primitiveParameter(
  context: RewriteContext,
  parameter: ts.ParameterDeclaration,
): ts.Identifier | null {
  const { types, references } = context;
  if (!ts.isIdentifier(parameter.name) || parameter.initializer !== undefined) return null;
  if (parameter.dotDotDotToken !== undefined || parameter.questionToken !== undefined) return null;
  const type = types.of(parameter.name);
  const keyed = types.isString(type) || types.isNumber(type) || types.isBoolean(type);
  const symbol = references.symbolOf(parameter.name);
  return keyed && symbol !== undefined && !references.isAssigned(symbol) ? parameter.name : null;
}

function givesPrimitive({ types }: RewriteContext, declaration: ts.FunctionDeclaration): boolean {
  const signature = types.checker.getSignatureFromDeclaration(declaration);
  const result = signature === undefined ? null : types.checker.getReturnTypeOfSignature(signature);
  return result !== null && types.isPrimitive(result) && types.excludesUndefined(result);
}

function mentionsCall(body: ts.Node): boolean {
  const special = descendants(body, ts.isIdentifier).some(({ text }) => text === "arguments");
  return (
    special ||
    descendants(body, (node): node is ts.Node => node.kind === ts.SyntaxKind.ThisKeyword).length > 0
  );
}

function memoised(
  context: RewriteContext,
  declaration: ts.FunctionDeclaration,
  recursion: Recursion,
): Rewrite {
  const edit = context.edit();
  const text = (node: ts.Node): string => node.getText(context.file);
  const known = edit.freshName("known");
  const keep = edit.freshName("keep");
  const visit = edit.freshName("visit");
  const key = edit.freshName("key");
  const result = edit.freshName("result");
  const body = declaration.body!;
  const outer = edit.indentOf(declaration);
  const step = edit.step;
  const types = typesOf(context, declaration, recursion);
  const typed = (type: string): string => (context.typescript ? `: ${type}` : "");
  for (const use of recursion.selfCalls) edit.replace(use, visit);
  for (const { expression } of recursion.returns) {
    if (ts.isLiteralExpression(expression!) || ts.isIdentifier(expression!)) continue;
    edit.replaceRange(
      expression!.getStart(context.file),
      expression!.getStart(context.file),
      `${keep}(${key}, `,
    );
    edit.replaceRange(expression!.end, expression!.end, ")");
  }
  const parameters = declaration.parameters.map(text).join(", ");
  const head = [
    `{`,
    `${step}const ${known} = new Map${context.typescript ? `<${types.key}, ${types.result}>` : ""}();`,
    `${step}const ${keep} = (${key}${typed(types.key)}, ${result}${typed(types.result)})${typed(types.result)} => {`,
    `${step}${step}${known}.set(${key}, ${result});`,
    `${step}${step}return ${result};`,
    `${step}};`,
    `${step}const ${visit} = (${parameters})${typed(types.result)} => {`,
    `${step}${step}const ${key} = ${keyText(context, recursion.parameters)};`,
    `${step}${step}const ${result} = ${known}.get(${key});`,
    `${step}${step}if (${result} !== undefined) return ${result};`,
  ];
  const start = body.getStart(context.file);
  edit.replaceRange(start, start + 1, head.join(`\n${outer}`));
  edit.indentLines(body, step);
  const call = `${visit}(${recursion.parameters.map((one) => one.text).join(", ")})`;
  edit.replaceRange(body.end - 1, body.end, `${step}};\n${outer}${step}return ${call};\n${outer}}`);
  const own = declaration.name!.text;
  return rewriteAt(
    context,
    name,
    declaration,
    `remembers the results of \`${own}\` while its outermost call runs`,
    edit,
  );
}

function typesOf(
  context: RewriteContext,
  declaration: ts.FunctionDeclaration,
  { parameters }: Recursion,
): { key: string; result: string } {
  const { checker } = context.types;
  const result = checker.getReturnTypeOfSignature(checker.getSignatureFromDeclaration(declaration)!);
  const [only, ...more] = parameters.map((one) => context.types.of(one));
  const key =
    more.length > 0
      ? "string"
      : context.types.isNumber(only!)
        ? "string | number"
        : checker.typeToString(only!);
  return { key, result: context.types.textOf(result, declaration) ?? "unknown" };
}

/** One string or boolean is its own key; so is one number but for −0, which a Map takes for 0. */
function keyText({ types }: RewriteContext, parameters: readonly ts.Identifier[]): string {
  const [only, ...more] = parameters;
  const asText = (one: ts.Identifier): string => {
    const type = types.of(one);
    if (types.isString(type)) return `\${JSON.stringify(${one.text})}`;
    return types.isNumber(type) ? `\${Object.is(${one.text}, -0) ? "-0" : ${one.text}}` : `\${${one.text}}`;
  };
  if (more.length > 0) return `\`${parameters.map(asText).join(",")}\``;
  return types.isNumber(types.of(only!)) ? `Object.is(${only!.text}, -0) ? "-0" : ${only!.text}` : only!.text;
}
