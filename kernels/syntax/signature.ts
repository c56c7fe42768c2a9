/**
 * Whether two versions can be called alike.
 *
 * In place, and for scripts, whose types say little: the signatures read the same. By hand, each version may
 * stand where the other does: as many overloads, with type parameters, parameters, optional ones and rest alike,
 * and types that are assignable both ways, so that a type may be written out or go by another name. Where `any`
 * is in play, which is assignable to everything, the signatures must read the same as well.
 */
import ts from "typescript";
import type { AuditSides } from "./audit-scope.ts";
import { callSignatures, isScript } from "./inspect.ts";
import { jointProgram } from "./program-host.ts";
import type { FunctionNode, TypedModule } from "./typed-module.ts";

export function isSameSignature({ subject, candidate, byHand }: AuditSides): boolean {
  const alike = signatureText(subject) === signatureText(candidate);
  if (!byHand || isScript(subject.functionFile) || isScript(candidate.functionFile)) return alike;
  return shapeOf(subject) === shapeOf(candidate) && areMutual(subject, candidate, alike);
}

/** Without parameter names, which no caller sees; without what is inferred in scripts, which says little. */
export function signatureText(module: TypedModule): string {
  const { checker, declaration, functionFile } = module;
  const textOf = (type: ts.Type): string =>
    isScript(functionFile) ? "any" : checker.typeToString(type, declaration, ts.TypeFormatFlags.NoTruncation);
  return overloads(module, textOf);
}

/** The same with the types left out. */
function shapeOf(module: TypedModule): string {
  return overloads(module, () => "");
}

function overloads({ checker, declaration }: TypedModule, textOf: (type: ts.Type) => string): string {
  return callSignatures(checker, declaration)
    .map((signature) => {
      const parameters = signature.getParameters().map((parameter) => {
        const written = parameter.valueDeclaration;
        const isWritten = written !== undefined && ts.isParameter(written);
        const mark = isWritten && written.dotDotDotToken !== undefined ? "..." : "";
        const optional = isWritten && checker.isOptionalParameter(written) ? "?" : "";
        return `${mark}${textOf(checker.getTypeOfSymbolAtLocation(parameter, declaration))}${optional}`;
      });
      return `(${parameters.join(", ")}) => ${textOf(signature.getReturnType())}`;
    })
    .join(" & ");
}

/** One checker must know both types to compare them. */
function areMutual(subject: TypedModule, candidate: TypedModule, alike: boolean): boolean {
  const program = jointProgram(subject.functionFile, candidate.functionFile);
  const checker = program.getTypeChecker();
  const [one, other] = [subject, candidate].map((module) => typeIn(program, checker, module));
  if (one === undefined || other === undefined) return false;
  if (!alike && (mentionsAny(checker, one) || mentionsAny(checker, other))) return false;
  const generics = (type: ts.Type): string =>
    type
      .getCallSignatures()
      .map(({ typeParameters }) => typeParameters?.length ?? 0)
      .join();
  return (
    generics(one) === generics(other) &&
    checker.isTypeAssignableTo(one, other) &&
    checker.isTypeAssignableTo(other, one)
  );
}

function typeIn(program: ts.Program, checker: ts.TypeChecker, module: TypedModule): ts.Type | undefined {
  const { pos, end, kind } = module.declaration;
  const find = (node: ts.Node): ts.Node | undefined => {
    if (node.pos > pos || node.end < end) return undefined;
    if (node.pos === pos && node.end === end && node.kind === kind) return node;
    return ts.forEachChild(node, find);
  };
  const file = program.getSourceFile(module.functionFile.fileName);
  const declaration = file === undefined ? undefined : (find(file) as FunctionNode | undefined);
  return declaration === undefined ? undefined : checker.getTypeAtLocation(declaration);
}

/** In a parameter or the result, however deep in what the project itself declares. */
function mentionsAny(checker: ts.TypeChecker, start: ts.Type): boolean {
  const seen = new Set<ts.Type>();
  const visit = (type: ts.Type): boolean => {
    if ((type.flags & ts.TypeFlags.Any) !== 0) return true;
    if (seen.has(type)) return false;
    seen.add(type);
    return partsOf(checker, type).some(visit);
  };
  return visit(start);
}

function partsOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  if (type.isUnionOrIntersection()) return type.types;
  if ((type.flags & ts.TypeFlags.Object) === 0) return [];
  const given = isReference(type) ? checker.getTypeArguments(type) : [];
  const { symbol } = type as { symbol?: ts.Symbol };
  const isLibrary = symbol?.declarations?.every((one) => one.getSourceFile().isDeclarationFile) ?? false;
  if (isLibrary) return [...given, ...(type.aliasTypeArguments ?? [])];
  const properties = checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property));
  const indexed = checker.getIndexInfosOfType(type).map((info) => info.type);
  const called = type
    .getCallSignatures()
    .flatMap((signature) => [
      ...signature.getParameters().map((parameter) => checker.getTypeOfSymbol(parameter)),
      signature.getReturnType(),
    ]);
  return [...given, ...properties, ...indexed, ...called];
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0;
}
