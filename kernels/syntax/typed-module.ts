/**
 * Loads a module with types and finds the function behind one of its exports.
 *
 * The export may be a declaration, an `export default`, a renaming, a re-export of another relative file, a
 * constant that holds a function, or any of the CommonJS forms (`module.exports = f`, `module.exports = { f }`,
 * `exports.f = …`, `module.exports = require("./f")`). `default` also means what `module.exports =` holds.
 */
import path from "node:path";
import ts from "typescript";
import { syntaxError } from "./errors.ts";
import { programFor } from "./program-host.ts";
import type { FunctionRef, ModuleText } from "./protocol.ts";

/** A function with a body. */
export type FunctionNode =
  ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration;

export interface TypedModule {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** The file that was asked for. */
  readonly sourceFile: ts.SourceFile;
  /** The implementation that the export resolves to. */
  readonly declaration: FunctionNode;
  /** The file that holds `declaration`: another one than `sourceFile` when the export is a re-export. */
  readonly functionFile: ts.SourceFile;
  /** `functionFile` and the name under which it exports the function itself; the reference to work with. */
  readonly home: FunctionRef;
}

/**
 * @throws SUBJECT_FILE_MISSING, SUBJECT_FILE_UNSUPPORTED, SUBJECT_SYNTAX_ERROR, SUBJECT_EXPORT_MISSING,
 *   SUBJECT_NOT_A_FUNCTION, SUBJECT_FUNCTION_UNSUPPORTED, PROJECT_CONFIG_INVALID. Types are not checked.
 */
export function loadModule(module: ModuleText): TypedModule {
  const { ref } = module;
  const sourceFile = loadSource(module);
  const program = programOf(module);
  const checker = program.getTypeChecker();
  const symbol = exportSymbol(checker, sourceFile, ref);
  const declaration = implementationOf(checker, symbol, ref, sourceFile);
  const functionFile = declaration.getSourceFile();
  refuseSyntaxErrors(program, functionFile);
  return {
    program,
    checker,
    sourceFile,
    declaration,
    functionFile,
    home: homeOf(checker, functionFile, declaration, ref),
  };
}

/** `file:line:column`, 1-based, of a position in a file. */
export function locationOf(file: ts.SourceFile, position: number): string {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  return `${file.fileName}:${line + 1}:${character + 1}`;
}

/** Names under which the module exports values. */
export function exportNames(checker: ts.TypeChecker, sourceFile: ts.SourceFile): readonly string[] {
  return valueExports(checker, sourceFile).map((symbol) => symbol.name);
}

function programOf(module: ModuleText): ts.Program {
  return programFor(path.resolve(module.ref.file), module.source);
}

function loadSource(module: ModuleText): ts.SourceFile {
  const file = path.resolve(module.ref.file);
  if (!/\.[cm]?[jt]sx?$/.test(file) || /\.d\.[cm]?ts$/.test(file)) {
    throw syntaxError(
      "SUBJECT_FILE_UNSUPPORTED",
      `${file} is no TypeScript or JavaScript module with code in it.`,
      {
        location: file,
      },
    );
  }
  if (module.source === null && !ts.sys.fileExists(file)) {
    throw syntaxError("SUBJECT_FILE_MISSING", `There is no file ${file}.`, { location: file });
  }
  const program = programOf(module);
  const sourceFile = program.getSourceFile(file);
  if (sourceFile === undefined) {
    throw syntaxError("SUBJECT_FILE_MISSING", `${file} cannot be read.`, { location: file });
  }
  refuseSyntaxErrors(program, sourceFile);
  return sourceFile;
}

function refuseSyntaxErrors(program: ts.Program, file: ts.SourceFile): void {
  const [first] = program.getSyntacticDiagnostics(file);
  if (first === undefined) return;
  throw syntaxError("SUBJECT_SYNTAX_ERROR", ts.flattenDiagnosticMessageText(first.messageText, " "), {
    location: locationOf(file, first.start),
  });
}

function valueExports(checker: ts.TypeChecker, sourceFile: ts.SourceFile): readonly ts.Symbol[] {
  const module = checker.getSymbolAtLocation(sourceFile);
  if (module === undefined) return [];
  return allExports(checker, module).filter((symbol) => {
    const target = unalias(checker, symbol);
    // An alias that cannot be resolved is kept: it stands for something, we only do not know what.
    return (
      symbol.name !== "__esModule" &&
      ((target.flags & ts.SymbolFlags.Value) !== 0 || target.declarations === undefined)
    );
  });
}

/** With the properties of the value that `module.exports =` holds. */
function allExports(checker: ts.TypeChecker, module: ts.Symbol): readonly ts.Symbol[] {
  const named = checker.getExportsOfModule(module);
  const whole = module.exports?.get(ts.InternalSymbolName.ExportEquals);
  const properties =
    whole === undefined ? [] : checker.getPropertiesOfType(checker.getTypeOfSymbol(unalias(checker, whole)));
  return [...named, ...properties.filter((property) => named.every(({ name }) => name !== property.name))];
}

function exportSymbol(checker: ts.TypeChecker, sourceFile: ts.SourceFile, ref: FunctionRef): ts.Symbol {
  const module = checker.getSymbolAtLocation(sourceFile);
  const found = module === undefined ? undefined : namedExport(checker, module, ref.exportName);
  if (found !== undefined) return found;
  const names = exportNames(checker, sourceFile);
  const whole =
    module?.exports?.has(ts.InternalSymbolName.ExportEquals) === true ? ["default", ...names] : names;
  const there = whole.length === 0 ? "it exports nothing" : `it exports ${whole.join(", ")}`;
  throw syntaxError("SUBJECT_EXPORT_MISSING", `${ref.file} has no export ${ref.exportName}: ${there}.`, {
    location: `${ref.file}:1:1`,
  });
}

function namedExport(checker: ts.TypeChecker, module: ts.Symbol, name: string): ts.Symbol | undefined {
  const named = allExports(checker, module).find((symbol) => symbol.name === name);
  if (named !== undefined || name !== "default") return named;
  return module.exports?.get(ts.InternalSymbolName.ExportEquals);
}

function unalias(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

function implementationOf(
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
  ref: FunctionRef,
  sourceFile: ts.SourceFile,
): FunctionNode {
  const end = followSymbol(checker, symbol, new Set());
  if (end !== undefined && isFunctionNode(end)) {
    if (end.body !== undefined) return end;
    throw unsupported(ref, end, "is only declared there, without a body");
  }
  if (end !== undefined && ts.isClassLike(end)) throw unsupported(ref, end, "is a class");
  const place = end ?? symbol.declarations?.[0] ?? sourceFile;
  const type = checker.getTypeOfSymbolAtLocation(unalias(checker, symbol), place);
  if (type.getCallSignatures().length > 0) {
    throw unsupported(ref, place, "is made by an expression, so its body is not to be seen");
  }
  const shown = describeExport(checker, symbol, type);
  throw syntaxError("SUBJECT_NOT_A_FUNCTION", `The export ${ref.exportName} of ${ref.file} is ${shown}.`, {
    location: locationOf(place.getSourceFile(), place.getStart()),
  });
}

function describeExport(checker: ts.TypeChecker, symbol: ts.Symbol, type: ts.Type): string {
  if ((unalias(checker, symbol).flags & ts.SymbolFlags.Value) === 0) return "a type or cannot be resolved";
  return (type.flags & ts.TypeFlags.Any) === 0
    ? `no function but ${checker.typeToString(type)}`
    : "no function that can be found";
}

function unsupported(ref: FunctionRef, node: ts.Node, what: string): Error {
  return syntaxError("SUBJECT_FUNCTION_UNSUPPORTED", `The export ${ref.exportName} of ${ref.file} ${what}.`, {
    location: locationOf(node.getSourceFile(), node.getStart()),
  });
}

function isFunctionNode(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node)
  );
}

/** The node where the chain of aliases, constants and assignments ends: a function, a class, or something else. */
function followSymbol(checker: ts.TypeChecker, start: ts.Symbol, seen: Set<ts.Node>): ts.Node | undefined {
  const symbol = unalias(checker, start);
  const declarations = symbol.declarations ?? [];
  const withBody = declarations.find((node) => isFunctionNode(node) && node.body !== undefined);
  if (withBody !== undefined) return withBody;
  // Compiled modules write `exports.f = void 0` before the real value: the last function counts.
  let end: ts.Node | undefined;
  for (const declaration of declarations.toReversed()) {
    if (seen.has(declaration)) continue;
    seen.add(declaration);
    const reached = followDeclaration(checker, declaration, seen);
    if (reached !== undefined && (isFunctionNode(reached) || ts.isClassLike(reached))) return reached;
    end ??= reached;
  }
  return end;
}

function followDeclaration(checker: ts.TypeChecker, node: ts.Node, seen: Set<ts.Node>): ts.Node | undefined {
  if (isFunctionNode(node) || ts.isClassLike(node)) return node;
  if (ts.isSourceFile(node)) return followModule(checker, node, seen);
  const value = assignedValue(checker, node);
  if (value === undefined) return node;
  return "flags" in value && "kind" in value
    ? followExpression(checker, value, seen)
    : followSymbol(checker, value, seen);
}

/** What a declaration gives its name: an expression, or the symbol it stands for. */
function assignedValue(checker: ts.TypeChecker, node: ts.Node): ts.Expression | ts.Symbol | undefined {
  if (ts.isShorthandPropertyAssignment(node)) return checker.getShorthandAssignmentValueSymbol(node);
  if (ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node)) return node.initializer;
  if (ts.isExportAssignment(node)) return node.expression;
  if (ts.isBinaryExpression(node)) return node.right;
  if (ts.isCallExpression(node)) return definedValue(node);
  if (ts.isBindingElement(node)) return boundProperty(checker, node);
  const parent = node.parent as ts.Node | undefined;
  return parent !== undefined && ts.isBinaryExpression(parent) && parent.left === node
    ? parent.right
    : undefined;
}

/** `Object.defineProperty(exports, "f", { get: function () { return f; } })`, the way compilers re-export. */
function definedValue(node: ts.CallExpression): ts.Expression | undefined {
  const descriptor = node.arguments[2];
  if (descriptor === undefined || !ts.isObjectLiteralExpression(descriptor)) return undefined;
  for (const property of descriptor.properties) {
    const name = property.name === undefined ? "" : property.name.getText();
    const getter = ts.isPropertyAssignment(property) ? property.initializer : property;
    if (name === "value" && ts.isPropertyAssignment(property)) return property.initializer;
    if (name === "get" && ts.isFunctionLike(getter)) return returnedExpression(getter);
  }
  return undefined;
}

function returnedExpression(getter: ts.SignatureDeclaration): ts.Expression | undefined {
  const body = "body" in getter ? getter.body : undefined;
  if (body === undefined) return undefined;
  if (!ts.isBlock(body)) return body;
  const last = body.statements.at(-1);
  return last !== undefined && ts.isReturnStatement(last) ? last.expression : undefined;
}

/** `const { f } = require("./f")`, where the checker sees no alias. */
function boundProperty(checker: ts.TypeChecker, node: ts.BindingElement): ts.Symbol | undefined {
  const name = node.propertyName ?? node.name;
  if (!ts.isIdentifier(name) || !ts.isObjectBindingPattern(node.parent)) return undefined;
  return checker.getTypeAtLocation(node.parent).getProperty(name.text);
}

function followExpression(
  checker: ts.TypeChecker,
  expression: ts.Expression,
  seen: Set<ts.Node>,
): ts.Node | undefined {
  const inner = unwrapped(expression);
  if (isFunctionNode(inner) || ts.isClassLike(inner)) return inner;
  // `module.exports = exports = function …`
  if (ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return followExpression(checker, inner.right, seen);
  }
  const required = requiredModule(inner);
  const name = required ?? (ts.isPropertyAccessExpression(inner) ? inner.name : inner);
  const symbol = checker.getSymbolAtLocation(name);
  return symbol === undefined ? inner : (followSymbol(checker, symbol, seen) ?? inner);
}

/** Without parentheses, `as`, `satisfies` and `!`. */
function unwrapped(expression: ts.Expression): ts.Expression {
  const wraps =
    ts.isParenthesizedExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isTypeAssertionExpression(expression) ||
    ts.isNonNullExpression(expression);
  return wraps ? unwrapped(expression.expression) : expression;
}

function requiredModule(node: ts.Expression): ts.StringLiteralLike | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== "require")
    return undefined;
  const [name] = node.arguments;
  return name !== undefined && ts.isStringLiteralLike(name) ? name : undefined;
}

/** A whole module in the place of a function: what `module.exports =` holds. */
function followModule(checker: ts.TypeChecker, file: ts.SourceFile, seen: Set<ts.Node>): ts.Node | undefined {
  const module = checker.getSymbolAtLocation(file);
  const whole = module === undefined ? undefined : module.exports?.get(ts.InternalSymbolName.ExportEquals);
  return whole === undefined ? file : followSymbol(checker, whole, seen);
}

function homeOf(
  checker: ts.TypeChecker,
  file: ts.SourceFile,
  declaration: FunctionNode,
  asked: FunctionRef,
): FunctionRef {
  if (path.resolve(asked.file) === path.resolve(file.fileName)) return asked;
  const module = checker.getSymbolAtLocation(file);
  if (module === undefined) return asked;
  const leads = (symbol: ts.Symbol): boolean => followSymbol(checker, symbol, new Set()) === declaration;
  const names = valueExports(checker, file)
    .filter(leads)
    .map((symbol) => symbol.name);
  const whole = module.exports?.get(ts.InternalSymbolName.ExportEquals);
  if (whole !== undefined && leads(whole)) names.push("default");
  const exportName = names.includes(asked.exportName) ? asked.exportName : names[0];
  return exportName === undefined ? asked : { file: path.resolve(file.fileName), exportName };
}
