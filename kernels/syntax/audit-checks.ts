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
  rootOf,
  writtenBy,
} from "./code-facts.ts";
import type { AuditedModule, AuditSides } from "./audit-scope.ts";
import { readsConstructor } from "./constructor-reads.ts";
import { isScript, typeErrors } from "./inspect.ts";
import type { AuditCheck } from "./protocol.ts";
import { isSameSignature, signatureText } from "./signature.ts";
import { exportNames } from "./typed-module.ts";
import type { TypedModule } from "./typed-module.ts";

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
  const of = (module: AuditedModule): ts.Node[] => module.nodes.filter((node) => test(node, module));
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
  const named = new Set(valueImports(subject, subject).map(([name]) => name));
  const fresh = valueImports(candidate, subject).find(([name]) => !named.has(name));
  if (fresh === undefined) return passed("no-new-imports", "imports nothing new");
  return failed("no-new-imports", `imports ${fresh[0]}, which the subject does not`, lineOf(fresh[1]));
}

/**
 * Relative names as absolute paths, so that versions in different folders compare. Neither types nor the
 * subject's own module: a candidate in another file may use what stands beside the subject.
 */
export function valueImports(
  { nodes, checker }: AuditedModule,
  subject: AuditedModule,
): readonly (readonly [string, ts.Node])[] {
  const own = [subject.sourceFile, subject.functionFile].map(({ fileName }) => path.resolve(fileName));
  return importsOf(nodes, checker)
    .map(({ name, node }) => [moduleName(name, checker), node] as const)
    .filter(([name]) => !own.includes(name));
}

function moduleName(name: ts.StringLiteralLike, checker: ts.TypeChecker): string {
  if (!/^\.\.?(?:\/|$)/.test(name.text)) return name.text;
  const file = checker.getSymbolAtLocation(name)?.valueDeclaration;
  const found = file !== undefined && ts.isSourceFile(file) ? file.fileName : name.text;
  return path.resolve(path.dirname(name.getSourceFile().fileName), found);
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
    return isImport || isRequire || readsConstructor(node, checker);
  }
  if (isGlobal(checker, node)) return DYNAMIC_GLOBALS.has(node.text);
  return readsConstructor(node, checker);
}

function noDynamicCode(sides: AuditSides): AuditCheck {
  return noneAdded(
    "no-dynamic-code",
    "code that is made or reached at run time",
    addedNodes(sides, isDynamicCode),
  );
}

function sameExports({ subject, candidate, byHand }: AuditSides): AuditCheck {
  const rule = "same-exports";
  if (byHand) return passed(rule, `stands beside the subject and exports ${candidate.home.exportName}`);
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

function sameSignature(sides: AuditSides): AuditCheck {
  const [before, after] = [signatureText(sides.subject), signatureText(sides.candidate)];
  if (isSameSignature(sides)) return passed("same-signature", before);
  return failed(
    "same-signature",
    `takes and returns ${after} instead of ${before}`,
    lineOf(sides.candidate.declaration),
  );
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
  const [before, after] = [cyclomaticComplexity(subject.nodes), cyclomaticComplexity(candidate.nodes)];
  const bound = 2 * before + 5;
  return bounded(
    "complexity-bound",
    `cyclomatic complexity ${after}, at most ${bound} (twice the subject's ${before} and 5)`,
    after <= bound,
  );
}

function sizeBound({ subject, candidate }: AuditSides): AuditCheck {
  const sizeOf = ({ roots }: AuditedModule): number =>
    roots.reduce((lines, root) => lines + codeLines(root.getText()).length, 0);
  const [before, after] = [sizeOf(subject), sizeOf(candidate)];
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

function noSuppressions({ subject, candidate }: AuditSides): AuditCheck {
  const [silenced] = added(suppressions(subject), suppressions(candidate), ({ text }) => text);
  if (silenced !== undefined) return failed("no-suppressions", `adds ${silenced.text}`, silenced.line);
  const count = ({ nodes }: AuditedModule): readonly ts.Node[] =>
    nodes.filter(({ kind }) => kind === ts.SyntaxKind.AnyKeyword);
  return noneAdded(
    "no-suppressions",
    "any, or a comment that silences a tool",
    added(count(subject), count(candidate), () => "any"),
  );
}

function suppressions({ texts }: AuditedModule): readonly { readonly text: string; readonly line: number }[] {
  return texts.flatMap(({ file, start, text }) =>
    [...text.matchAll(SUPPRESSION)].map((found) => ({
      text: found[0],
      line: file.getLineAndCharacterOfPosition(start + found.index).line + 1,
    })),
  );
}
