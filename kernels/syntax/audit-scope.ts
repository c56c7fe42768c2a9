/**
 * What code of two versions is held against each other.
 *
 *   in place   the candidate is the subject's module with another text: the whole file before and after it
 *   by hand    the candidate is another function, beside the subject or in a file of its own: the two functions,
 *              each with all it reaches in the project (functions, values, types, imports), and with what runs
 *              when its module is loaded and is not the other's as well
 *
 * The subject's side is kept small, since whatever stands in it is no fault of the candidate: what the candidate
 * alone reaches is the candidate's, whoever else mentions it.
 */
import path from "node:path";
import ts from "typescript";
import { nodesOf, writtenBy } from "./code-facts.ts";
import { insidePackages } from "./project-options.ts";
import type { TypedModule } from "./typed-module.ts";

export interface AuditedModule extends TypedModule {
  /** What is judged: a whole file, or declarations and statements. None lies in another. */
  readonly roots: readonly ts.Node[];
  /** The roots and all below them. */
  readonly nodes: readonly ts.Node[];
  /** Their texts with the comments before them; in a file of its own, the file's head as well. */
  readonly texts: readonly ScopeText[];
}

export interface ScopeText {
  readonly file: ts.SourceFile;
  readonly start: number;
  readonly text: string;
}

export interface AuditSides {
  readonly subject: AuditedModule;
  readonly candidate: AuditedModule;
  readonly byHand: boolean;
}

/** Statements and declarations by what they are, wherever they were parsed. */
type Units = ReadonlyMap<string, ts.Node>;

export function auditSides(subject: TypedModule, candidate: TypedModule): AuditSides {
  const sameFile = fileOf(subject) === fileOf(candidate);
  if (sameFile && subject.home.exportName === candidate.home.exportName) {
    return { subject: wholeFile(subject), candidate: wholeFile(candidate), byHand: false };
  }
  const [its, own] = [reached(subject, startsOf(subject)), reached(candidate, startsOf(candidate))];
  const alone = new Set([...own.keys()].filter((key) => !its.has(key)));
  const touches = (units: Units): boolean => [...units.keys()].some((key) => alone.has(key));
  const beside = candidate.program.getSourceFile(subject.functionFile.fileName);
  const bySubject = sameFile ? [] : loaded(subject, subject.functionFile, (units) => !touches(units));
  const byCandidate = [
    ...(beside === undefined ? [] : loaded(candidate, beside, touches)),
    ...(sameFile ? [] : [...loaded(candidate, candidate.functionFile, () => true), ...importsIn(candidate)]),
  ];
  const { declaration: theirs } = candidate;
  const other = isSameNode(subject.declaration, theirs) ? undefined : theirs;
  return {
    subject: scoped(subject, [...its.values(), ...bySubject], !sameFile, other),
    candidate: scoped(candidate, [...own.values(), ...byCandidate], !sameFile),
    byHand: true,
  };
}

/** What the statements reach that loading the file runs, as far as it is wanted. */
function loaded(module: TypedModule, file: ts.SourceFile, wanted: (units: Units) => boolean): ts.Node[] {
  return file.statements
    .filter(runsOnLoad)
    .map((statement) => reached(module, [statement]))
    .filter(wanted)
    .flatMap((units) => [...units.values()]);
}

/** Loading the module loads them all, used or not. */
function importsIn({ functionFile }: TypedModule): ts.Node[] {
  return functionFile.statements.filter(
    (statement) =>
      ts.isImportDeclaration(statement) ||
      (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined),
  );
}

function fileOf({ functionFile }: TypedModule): string {
  return path.resolve(functionFile.fileName);
}

function wholeFile(module: TypedModule): AuditedModule {
  const { functionFile: file } = module;
  return {
    ...module,
    roots: [file],
    nodes: [...nodesOf(file)],
    texts: [{ file, start: 0, text: file.text }],
  };
}

/** Without `other`, the other version's own function, which may lie in an object with this one. */
function scoped(
  module: TypedModule,
  units: readonly ts.Node[],
  withHead: boolean,
  other?: ts.Node,
): AuditedModule {
  const roots = outermost(units).filter((root) => other === undefined || !isSameNode(root, other));
  const nodes = roots.flatMap((root) => [root, ...nodesOf(root)]);
  const texts = roots.map((root) => textOf(root, withHead));
  const { functionFile: file } = module;
  const head = { file, start: 0, text: file.text.slice(0, headEnd(file)) };
  const within = (node: ts.Node): boolean =>
    other === undefined || ts.findAncestor(node, (above) => isSameNode(above, other)) === undefined;
  return {
    ...module,
    roots,
    nodes: nodes.filter(within),
    texts: withHead ? [head, ...texts] : texts,
  };
}

/** With the comments before it, those that are the file's head left to the head. */
function textOf(root: ts.Node, withHead: boolean): ScopeText {
  const file = root.getSourceFile();
  const start = withHead ? Math.max(root.getFullStart(), headEnd(file)) : root.getFullStart();
  return { file, start, text: file.text.slice(start, root.getEnd()) };
}

/** Where the first statement begins. */
function headEnd(file: ts.SourceFile): number {
  return file.statements[0]?.getStart() ?? file.text.length;
}

function isSameNode(one: ts.Node, other: ts.Node): boolean {
  return one === other || (one.kind === other.kind && keyOf(one) === keyOf(other));
}

function keyOf(node: ts.Node): string {
  return `${node.getSourceFile().fileName}:${node.pos}:${node.end}`;
}

function outermost(units: readonly ts.Node[]): readonly ts.Node[] {
  const all = [...new Map(units.map((unit) => [keyOf(unit), unit])).values()];
  const roots = new Set(all);
  return all.filter((unit) => ts.findAncestor(unit.parent, (above) => roots.has(above)) === undefined);
}

/** The function, as a declaration of the module where it is one, with its overloads. */
function startsOf({ checker, declaration }: TypedModule): readonly ts.Node[] {
  if (ts.isFunctionDeclaration(declaration)) {
    const symbol = declaration.name === undefined ? undefined : checker.getSymbolAtLocation(declaration.name);
    return (symbol?.declarations ?? [declaration]).map(unitOf);
  }
  let value: ts.Node = declaration;
  while (ts.isExpression(value.parent)) value = value.parent;
  const isWhole = ts.isVariableDeclaration(value.parent) || ts.isExportAssignment(value.parent);
  return [isWhole && !ts.isObjectLiteralExpression(value) ? unitOf(declaration) : declaration];
}

/** The starts, and every statement and declaration of the project that they lead to. */
function reached(module: TypedModule, starts: readonly ts.Node[]): Units {
  const units = new Map<string, ts.Node>();
  const add = (unit: ts.Node): void => void units.set(keyOf(unit), units.get(keyOf(unit)) ?? unit);
  starts.forEach(add);
  // A Map's iterator comes by what is added on the way.
  for (const unit of units.values()) {
    // What an import names is reached from where it is used.
    if (ts.isImportDeclaration(unit)) continue;
    for (const node of [unit, ...nodesOf(unit)]) {
      if (ts.isIdentifier(node)) for (const next of unitsBehind(module, node)) add(next);
    }
  }
  return units;
}

function unitsBehind({ program, checker, functionFile }: TypedModule, name: ts.Identifier): ts.Node[] {
  const symbol = symbolOf(checker, name);
  if (symbol === undefined) return [];
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const declarations = new Set([...(symbol.declarations ?? []), ...(target.declarations ?? [])]);
  return [...declarations]
    .filter((declaration) => {
      const file = declaration.getSourceFile();
      const isProject = !insidePackages(file.fileName) && !program.isSourceFileFromExternalLibrary(file);
      const isCode = !file.isDeclarationFile && !file.fileName.endsWith(".json");
      if (!isCode || !(isProject || file === functionFile)) return false;
      // Of a module taken as a whole, a member's name tells which part is meant.
      return !ts.isSourceFile(declaration) || !isOwnerOfName(name);
    })
    .map(unitOf);
}

function symbolOf(checker: ts.TypeChecker, name: ts.Identifier): ts.Symbol | undefined {
  const { parent } = name;
  return ts.isShorthandPropertyAssignment(parent)
    ? checker.getShorthandAssignmentValueSymbol(parent)
    : checker.getSymbolAtLocation(name);
}

function isOwnerOfName(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isQualifiedName(parent)) return parent.left === name;
  return ts.isPropertyAccessExpression(parent) && parent.expression === name;
}

/** The statement of the module that it stands in; of `const a = …, b = …`, the one declaration. */
function unitOf(node: ts.Node): ts.Node {
  let unit = node;
  while (!ts.isSourceFile(unit) && !ts.isSourceFile(unit.parent)) {
    if (ts.isVariableDeclaration(unit) && isOneOfSeveral(unit)) return unit;
    unit = unit.parent;
  }
  return unit;
}

function isOneOfSeveral({ parent: list }: ts.VariableDeclaration): boolean {
  if (!ts.isVariableDeclarationList(list) || list.declarations.length < 2) return false;
  return ts.isVariableStatement(list.parent) && ts.isSourceFile(list.parent.parent);
}

/** Loading the module runs it, and it does more than to declare and to export. */
function runsOnLoad(statement: ts.Statement): boolean {
  if (ts.isImportDeclaration(statement)) return statement.importClause === undefined;
  const expression = ts.isExpressionStatement(statement) ? statement.expression : undefined;
  if (expression !== undefined && ts.isBinaryExpression(expression) && isExportTarget(expression.left))
    return acts(expression.right);
  return acts(statement);
}

function isExportTarget(node: ts.Expression): boolean {
  return /^(?:module\.)?exports\b/.test(node.getText());
}

/** It calls, makes or writes something, functions that it only defines left out. */
function acts(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  const isCall = ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node);
  if (isCall || ts.isDecorator(node) || ts.isAwaitExpression(node) || writtenBy(node) !== undefined)
    return true;
  return ts.forEachChild(node, (child) => acts(child) || undefined) ?? false;
}
