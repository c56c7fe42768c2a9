/** Tells what an exported function is, and refuses what the rest of the house cannot work with. */
import ts from "typescript";
import { syntaxError } from "./errors.ts";
import { loadModule, locationOf } from "./typed-module.ts";
import type { FunctionNode, TypedModule } from "./typed-module.ts";
import type { FunctionInfo, FunctionRef, ParameterInfo } from "./protocol.ts";

/**
 * Complaints about what the reader's machine lacks (packages, their types, a platform's globals). They say
 * nothing about the subject's own text; what is truly missing is found by the bundler.
 */
const ENVIRONMENT_DIAGNOSTICS: ReadonlySet<number> = new Set([
  2307, // Cannot find module
  2580, // Cannot find name: install @types/node
  2582, // Cannot find name: install types of a test runner
  2584, // Cannot find name: change the lib option
  2591, // Cannot find name: install @types/node and name it
  2688, // Cannot find type definition file
  2792, // Cannot find module: did you mean another resolution
  2867, // Cannot find name: install @types/bun
  7016, // Could not find a declaration file for module
]);

/**
 * The returned `ref` is the function's home: for a re-export, the file that holds the function and its name there.
 * @throws what `loadModule` throws; SUBJECT_FUNCTION_UNSUPPORTED for generators; SUBJECT_TYPE_ERROR.
 */
export function inspectFunction(ref: FunctionRef): FunctionInfo {
  const module = loadModule({ ref, source: null });
  const { checker, declaration, functionFile } = module;
  if (declaration.asteriskToken !== undefined) {
    throw syntaxError(
      "SUBJECT_FUNCTION_UNSUPPORTED",
      `The export ${ref.exportName} of ${ref.file} is a generator.`,
      {
        location: locationOf(functionFile, declaration.getStart()),
      },
    );
  }
  refuseTypeErrors(module);
  const shown = declarationStatement(declaration);
  const signature = callSignatures(checker, declaration)[0]!;
  return {
    ref: module.home,
    source: functionFile.text,
    functionText: shown.getText(),
    startLine: lineOf(functionFile, shown.getStart()),
    endLine: lineOf(functionFile, shown.getEnd()),
    async: isAsync(checker, declaration, signature),
    parameters: signature.getParameters().map((parameter) => parameterInfo(checker, parameter, declaration)),
    returnType: typeText(checker, signature.getReturnType(), declaration),
  };
}

/** The signatures that callers see: the overloads where there are some, else the function's own. */
export function callSignatures(checker: ts.TypeChecker, declaration: FunctionNode): readonly ts.Signature[] {
  const signatures = checker.getTypeAtLocation(declaration).getCallSignatures();
  return signatures.length > 0 ? signatures : [checker.getSignatureFromDeclaration(declaration)!];
}

/** Errors that TypeScript finds in one file, without complaints about the machine. Scripts have none. */
export function typeErrors(program: ts.Program, file: ts.SourceFile): readonly ts.Diagnostic[] {
  if (isScript(file)) return [];
  return program
    .getSemanticDiagnostics(file)
    .filter(
      ({ category, code }) => category === ts.DiagnosticCategory.Error && !ENVIRONMENT_DIAGNOSTICS.has(code),
    );
}

/** JavaScript: its types are not checked. */
export function isScript(file: ts.SourceFile): boolean {
  return /\.[cm]?jsx?$/.test(file.fileName);
}

function refuseTypeErrors({ program, functionFile }: TypedModule): void {
  const errors = typeErrors(program, functionFile);
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  const message = `TS${first.code}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}${more}`;
  throw syntaxError("SUBJECT_TYPE_ERROR", message, { location: locationOf(functionFile, first.start ?? 0) });
}

/** The whole `const f = …;` of a function that is a constant's value. */
function declarationStatement(declaration: FunctionNode): ts.Node {
  let node: ts.Node = declaration;
  while (ts.isExpression(node) && !ts.isSourceFile(node.parent)) node = node.parent;
  const list = ts.isVariableDeclaration(node) ? node.parent : node;
  if (ts.isVariableDeclarationList(list) && list.declarations.length === 1) return list.parent;
  const isStatement =
    ts.isExpressionStatement(node) || ts.isExportAssignment(node) || ts.isVariableDeclaration(node);
  return isStatement ? node : declaration;
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}

function isAsync(checker: ts.TypeChecker, declaration: FunctionNode, signature: ts.Signature): boolean {
  const stated = declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true;
  return stated || checker.getPropertyOfType(signature.getReturnType(), "then") !== undefined;
}

function parameterInfo(checker: ts.TypeChecker, parameter: ts.Symbol, place: ts.Node): ParameterInfo {
  const declaration = parameter.valueDeclaration;
  const written = declaration !== undefined && ts.isParameter(declaration) ? declaration : undefined;
  return {
    name: written === undefined ? parameter.name : written.name.getText(),
    type: typeText(checker, checker.getTypeOfSymbolAtLocation(parameter, place), place),
    optional: written !== undefined && checker.isOptionalParameter(written),
    rest: written?.dotDotDotToken !== undefined,
  };
}

function typeText(checker: ts.TypeChecker, type: ts.Type, place: ts.Node): string {
  return checker.typeToString(
    type,
    place,
    ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType,
  );
}
