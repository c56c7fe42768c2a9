/**
 * What the package exports, read from its sources: every door that package.json names, every name behind it,
 * with its declaration as users get it. A door is a list of re-exports, so names are followed from file to
 * file; types need no checking for that, since every exported declaration states its own.
 */
import { posix } from "node:path";
import ts from "typescript";
import { readSource } from "../repository.ts";

export interface Door {
  /** As in an import: `myriad-runtime/testkit`. */
  readonly specifier: string;
  readonly exports: readonly PublicExport[];
}

export interface PublicExport {
  readonly name: string;
  /** Where it is declared. */
  readonly file: string;
  readonly kind: "function" | "class" | "interface" | "type" | "const";
  /** Its own doc comment, without the stars; empty: it has none. */
  readonly doc: string;
  /** The declaration without bodies and without `doc`; overloads one below the other. */
  readonly declaration: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

export function publicDoors(): readonly Door[] {
  const { name, exports } = JSON.parse(readSource("package.json")) as Manifest;
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === "string") return [];
    const file = target.types.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, ".ts");
    const passedOn = reExports(file).map((reExport) => declared(reExport.from, reExport.name));
    const own = new Set(declaredNames(file));
    return [
      {
        specifier: posix.join(name, path),
        exports: [...passedOn, ...[...own].map((one) => declared(file, one))],
      },
    ];
  });
}

/** What stands above a module's imports, without the stars; empty: nothing. */
export function headerOf(file: string): string {
  const source = declarationsOf(file);
  const [first] = source.statements;
  if (first === undefined) return "";
  const docs = docComments(source, first);
  const isHeader = docs.length > 1 || ts.isImportDeclaration(first) || ts.isExportDeclaration(first);
  return isHeader ? bare(docs[0] ?? "") : "";
}

/** All names that a module exports by declaring them. */
export function declaredNames(file: string): readonly string[] {
  return declarationsOf(file).statements.filter(isExported).flatMap(namesOf);
}

/**
 * The types of ours that a declaration names, its own type parameters aside. Not those of constructors: who is
 * given an instance never names them.
 */
export function namedTypes({ file, declaration }: PublicExport): readonly string[] {
  const ours = new Set([...declarationsOf(file).statements].flatMap(namesBroughtBy));
  const named = new Set<string>();
  const visit = (node: ts.Node, own: ReadonlySet<string>): void => {
    if (ts.isConstructorDeclaration(node)) return;
    const inside = new Set([...own, ...typeParametersOf(node)]);
    const name = typeNameOf(node);
    if (name !== null && ours.has(name) && !inside.has(name)) named.add(name);
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(file, declaration, ts.ScriptTarget.ES2023, true), new Set());
  return [...named];
}

function typeNameOf(node: ts.Node): string | null {
  if (ts.isTypeReferenceNode(node)) return node.typeName.getText();
  if (ts.isExpressionWithTypeArguments(node)) return node.expression.getText();
  return ts.isTypeQueryNode(node) ? node.exprName.getText() : null;
}

function typeParametersOf(node: ts.Node): readonly string[] {
  if (ts.isMappedTypeNode(node)) return [node.typeParameter.name.text];
  const { typeParameters = [] } = node as Partial<ts.SignatureDeclaration>;
  return typeParameters.map(({ name }) => name.text);
}

/** What a statement declares, or imports from a file of this repository. */
function namesBroughtBy(statement: ts.Statement): readonly string[] {
  if (!ts.isImportDeclaration(statement)) return ts.isExportDeclaration(statement) ? [] : namesOf(statement);
  const { text } = statement.moduleSpecifier as ts.StringLiteral;
  const bindings = statement.importClause?.namedBindings;
  if (!text.startsWith(".") || bindings === undefined || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map(({ name }) => name.text);
}

function reExports(file: string): readonly { readonly name: string; readonly from: string }[] {
  return declarationsOf(file).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return [];
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    const from = posix.join(posix.dirname(file), text);
    const { elements } = statement.exportClause as ts.NamedExports;
    return elements.map(({ name }) => ({ name: name.text, from }));
  });
}

function declared(file: string, name: string): PublicExport {
  const passedOn = reExports(file).find((reExport) => reExport.name === name);
  if (passedOn !== undefined) return declared(passedOn.from, name);
  const source = declarationsOf(file);
  const found = source.statements.filter(
    (statement) => isExported(statement) && namesOf(statement).includes(name),
  );
  const [first] = found;
  if (first === undefined) throw new Error(`${file} does not declare ${name}`);
  const doc = found.map((statement) => bare(docComments(source, statement).at(-1) ?? ""));
  const text = found.map((statement) => statement.getText(source).replace(/^export (declare )?/, ""));
  return {
    name,
    file,
    kind: kindOf(first),
    doc: doc.find((one) => one !== "") ?? "",
    declaration: text.join("\n"),
  };
}

const parsed = new Map<string, ts.SourceFile>();

/** The declaration file that the compiler makes of a source, with its comments. */
function declarationsOf(file: string): ts.SourceFile {
  let source = parsed.get(file);
  if (source === undefined) {
    const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, strict: true };
    const { outputText } = ts.transpileDeclaration(readSource(file), { fileName: file, compilerOptions });
    source = ts.createSourceFile(file, outputText, ts.ScriptTarget.ES2023, true);
    parsed.set(file, source);
  }
  return source;
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : [];
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.DeclarationStatement;
  return name === undefined ? [] : [name.getText()];
}

function kindOf(statement: ts.Statement): PublicExport["kind"] {
  if (ts.isFunctionDeclaration(statement)) return "function";
  if (ts.isClassDeclaration(statement)) return "class";
  if (ts.isInterfaceDeclaration(statement)) return "interface";
  return ts.isVariableStatement(statement) ? "const" : "type";
}

function docComments(source: ts.SourceFile, statement: ts.Statement): readonly string[] {
  const ranges = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  return ranges.map(({ pos, end }) => source.text.slice(pos, end)).filter((text) => text.startsWith("/**"));
}

function bare(comment: string): string {
  const lines = comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n");
  return lines
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}
