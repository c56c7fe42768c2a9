/**
 * The rules that every candidate is held against. Each compares it with the subject: what the subject already
 * does is not the candidate's fault.
 */
import path from "node:path";
import ts from "typescript";
import {
  added,
  codeLines,
  cyclomaticComplexity,
  importsOf,
  isGlobal,
  isNamed,
  lineOf,
  nodesOf,
  rootOf,
  writtenBy,
} from "./code-facts.ts";
import { callSignatures, isScript, typeErrors } from "./inspect.ts";
import type { AuditCheck } from "./protocol.ts";
import { exportNames } from "./typed-module.ts";
import type { TypedModule } from "./typed-module.ts";

export interface AuditSides {
  readonly subject: TypedModule;
  readonly candidate: TypedModule;
}

export type Check = (sides: AuditSides) => AuditCheck;

export const CHECKS: readonly Check[] = [
  typeChecks,
  noNewImports,
  noDynamicCode,
  sameExports,
  sameSignature,
  noGlobalWrites,
  complexityBound,
  sizeBound,
  noSuppressions,
];

export function passed(rule: string, detail: string): AuditCheck {
  return { rule, passed: true, detail, line: null };
}

export function failed(rule: string, detail: string, line: number | null = null): AuditCheck {
  return { rule, passed: false, detail, line };
}

/** Passes when nothing was added; else fails at the first place. */
export function noneAdded(rule: string, what: string, nodes: readonly ts.Node[]): AuditCheck {
  const [first] = nodes;
  if (first === undefined) return passed(rule, `adds no ${what}`);
  return failed(rule, `adds ${what}: ${shortText(first)}`, lineOf(first));
}

export function shortText(node: ts.Node): string {
  const text = node.getText().replaceAll(/\s+/g, " ");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Nodes of the candidate that pass the test, without those that the subject has too. */
export function addedNodes(
  { subject, candidate }: AuditSides,
  test: (node: ts.Node, module: TypedModule) => boolean,
): readonly ts.Node[] {
  const of = (module: TypedModule): ts.Node[] =>
    [...nodesOf(module.functionFile)].filter((node) => test(node, module));
  return added(of(subject), of(candidate), (node) => node.getText());
}

function typeChecks({ subject, candidate }: AuditSides): AuditCheck {
  const rule = "type-checks";
  if (isScript(candidate.functionFile)) return passed(rule, "a script: nothing to check");
  const messageOf = ({ messageText }: ts.Diagnostic): string =>
    ts.flattenDiagnosticMessageText(messageText, " ");
  const before = typeErrors(subject.program, subject.functionFile);
  const after = typeErrors(candidate.program, candidate.functionFile);
  const [first] = added(before, after, messageOf);
  if (first === undefined) return passed(rule, "adds no type errors");
  const line = candidate.functionFile.getLineAndCharacterOfPosition(first.start ?? 0).line + 1;
  return failed(rule, `TS${first.code}: ${messageOf(first)}`, line);
}

function noNewImports({ subject, candidate }: AuditSides): AuditCheck {
  const named = (module: TypedModule): ReadonlyMap<string, ts.Node> => new Map(valueImports(module));
  const before = named(subject);
  const fresh = [...named(candidate)].find(([name]) => !before.has(name));
  if (fresh === undefined) return passed("no-new-imports", "imports nothing new");
  return failed("no-new-imports", `imports ${fresh[0]}, which the subject does not`, lineOf(fresh[1]));
}

/** Relative names as absolute paths, so that versions in different folders compare. */
function valueImports({ functionFile }: TypedModule): readonly (readonly [string, ts.Node])[] {
  const directory = path.dirname(functionFile.fileName);
  return importsOf(functionFile)
    .filter(({ typeOnly }) => !typeOnly)
    .map(({ name, node }) => [name.startsWith(".") ? path.resolve(directory, name) : name, node]);
}

const DYNAMIC_GLOBALS: ReadonlySet<string> = new Set([
  "eval",
  "Function",
  "process",
  "globalThis",
  "global",
  "window",
  "self",
  "Deno",
  "Bun",
]);

export function isDynamicCode(node: ts.Node, { checker }: TypedModule): boolean {
  if (ts.isWithStatement(node)) return true;
  if (ts.isCallExpression(node)) {
    const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const isRequire =
      isNamed(node.expression, "require") && !ts.isStringLiteralLike(node.arguments[0] ?? node);
    return isImport || isRequire;
  }
  const isMaker = ts.isPropertyAccessExpression(node) && node.name.text === "constructor" && isCalled(node);
  return isMaker || (isGlobal(checker, node) && DYNAMIC_GLOBALS.has(node.text));
}

/** `x.constructor(…)` and `x.constructor.constructor`: two ways to the Function constructor. */
function isCalled(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  const called = ts.isCallExpression(parent) && parent.expression === node;
  return called || (ts.isPropertyAccessExpression(parent) && parent.name.text === "constructor");
}

function noDynamicCode(sides: AuditSides): AuditCheck {
  return noneAdded(
    "no-dynamic-code",
    "code that is made or reached at run time",
    addedNodes(sides, isDynamicCode),
  );
}

function sameExports({ subject, candidate }: AuditSides): AuditCheck {
  const rule = "same-exports";
  const inPlace = path.resolve(subject.sourceFile.fileName) === path.resolve(candidate.sourceFile.fileName);
  if (!inPlace) return passed(rule, `stands in a file of its own and exports ${candidate.home.exportName}`);
  const before = exportNames(subject.checker, subject.sourceFile);
  const after = exportNames(candidate.checker, candidate.sourceFile);
  const missing = before.filter((name) => !after.includes(name));
  const extra = after.filter((name) => !before.includes(name));
  if (missing.length + extra.length === 0) return passed(rule, "exports the same names");
  const parts = [
    missing.length > 0 ? `no longer exports ${missing.join(", ")}` : "",
    extra.length > 0 ? `also exports ${extra.join(", ")}` : "",
  ];
  return failed(rule, parts.filter((part) => part !== "").join("; "));
}

function sameSignature({ subject, candidate }: AuditSides): AuditCheck {
  const [before, after] = [signatureTexts(subject), signatureTexts(candidate)];
  if (before === after) return passed("same-signature", before);
  return failed(
    "same-signature",
    `takes and returns ${after} instead of ${before}`,
    lineOf(candidate.declaration),
  );
}

/** Without parameter names, which no caller sees; without what is inferred in scripts, which says little. */
function signatureTexts({ checker, declaration, functionFile }: TypedModule): string {
  const textOf = (type: ts.Type): string =>
    checker.typeToString(type, declaration, ts.TypeFormatFlags.NoTruncation);
  const script = isScript(functionFile);
  return callSignatures(checker, declaration)
    .map((signature) => {
      const parameters = signature.getParameters().map((parameter) => {
        const written = parameter.valueDeclaration;
        const isWritten = written !== undefined && ts.isParameter(written);
        const mark = isWritten && written.dotDotDotToken !== undefined ? "..." : "";
        const optional = isWritten && checker.isOptionalParameter(written) ? "?" : "";
        return `${mark}${script ? "any" : textOf(checker.getTypeOfSymbolAtLocation(parameter, declaration))}${optional}`;
      });
      return `(${parameters.join(", ")}) => ${script ? "any" : textOf(signature.getReturnType())}`;
    })
    .join(" & ");
}

export function isGlobalWrite(node: ts.Node, { checker }: TypedModule): boolean {
  const written = writtenBy(node);
  if (written !== undefined) return isGlobal(checker, rootOf(written));
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression, name } = node.expression;
  const [target] = node.arguments;
  const isWriter =
    (isNamed(expression, "Object") || isNamed(expression, "Reflect")) && WRITERS.has(name.text);
  return isWriter && target !== undefined && isGlobal(checker, rootOf(target));
}

const WRITERS: ReadonlySet<string> = new Set([
  "assign",
  "defineProperty",
  "defineProperties",
  "setPrototypeOf",
  "set",
  "deleteProperty",
  "freeze",
  "seal",
]);

function noGlobalWrites(sides: AuditSides): AuditCheck {
  return noneAdded("no-global-writes", "a write to a global", addedNodes(sides, isGlobalWrite));
}

function complexityBound({ subject, candidate }: AuditSides): AuditCheck {
  const [before, after] = [
    cyclomaticComplexity(subject.functionFile),
    cyclomaticComplexity(candidate.functionFile),
  ];
  const bound = 2 * before + 5;
  return bounded(
    "complexity-bound",
    `cyclomatic complexity ${after}, at most ${bound} (twice the subject's ${before} and 5)`,
    after <= bound,
  );
}

function sizeBound({ subject, candidate }: AuditSides): AuditCheck {
  const [before, after] = [
    codeLines(subject.functionFile.text).length,
    codeLines(candidate.functionFile.text).length,
  ];
  const bound = 3 * before + 40;
  return bounded(
    "size-bound",
    `${after} lines, at most ${bound} (three times the subject's ${before} and 40)`,
    after <= bound,
  );
}

export function bounded(rule: string, detail: string, isWithin: boolean): AuditCheck {
  return isWithin ? passed(rule, detail) : failed(rule, detail);
}

const SUPPRESSION =
  /@ts-(?:ignore|expect-error|nocheck)|(?:eslint|biome|prettier|oxlint|istanbul|c8|v8)[ -](?:disable|ignore)/g;

function noSuppressions(sides: AuditSides): AuditCheck {
  const textsOf = ({ functionFile }: TypedModule): readonly string[] =>
    functionFile.text.match(SUPPRESSION) ?? [];
  const [text] = added(textsOf(sides.subject), textsOf(sides.candidate), (found) => found);
  if (text !== undefined) {
    const before = sides.candidate.functionFile.text.split(text)[0]!;
    return failed("no-suppressions", `adds ${text}`, before.split("\n").length);
  }
  const count = ({ functionFile }: TypedModule): readonly ts.Node[] =>
    [...nodesOf(functionFile)].filter(({ kind }) => kind === ts.SyntaxKind.AnyKeyword);
  return noneAdded(
    "no-suppressions",
    "any, or a comment that silences a tool",
    added(count(sides.subject), count(sides.candidate), () => "any"),
  );
}
