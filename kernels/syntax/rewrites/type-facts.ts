/** What TypeScript's types prove about values. Answers are "proved" or "not proved", never guesses. */
import ts from "typescript";

const PRIMITIVE =
  ts.TypeFlags.StringLike |
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.Null |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Void |
  ts.TypeFlags.Never;
const NULLISH = ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void;
const UNKNOWN = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter;

export class TypeFacts {
  readonly checker: ts.TypeChecker;
  readonly #program: ts.Program;
  readonly #strictNulls: boolean;

  constructor(program: ts.Program, checker: ts.TypeChecker) {
    const options = program.getCompilerOptions();
    this.#program = program;
    this.checker = checker;
    this.#strictNulls = options.strictNullChecks ?? options.strict ?? false;
  }

  of(node: ts.Node): ts.Type {
    return this.checker.getTypeAtLocation(node);
  }

  /** As written in source; `null` when the type cannot be named there. */
  textOf(type: ts.Type, at: ts.Node): string | null {
    const text = this.checker.typeToString(type, at, ts.TypeFormatFlags.NoTruncation);
    return /\bimport\(|\btypeof \w|\bunique symbol\b|\.\.\./.test(text) ? null : text;
  }

  isArray(type: ts.Type): boolean {
    return parts(type).every((part) => this.checker.isArrayType(part) || this.checker.isTupleType(part));
  }

  elementType(array: ts.Type): ts.Type | null {
    return this.checker.getIndexTypeOfType(array, ts.IndexKind.Number) ?? null;
  }

  /** No holes: a hole reads as `undefined`, which the element type excludes. */
  isDenseArray(type: ts.Type): boolean {
    if (!this.isArray(type)) return false;
    const element = this.elementType(type);
    return element !== null && this.excludesUndefined(element);
  }

  isString(type: ts.Type): boolean {
    return parts(type).every((part) => (part.flags & ts.TypeFlags.StringLike) !== 0);
  }

  isNumber(type: ts.Type): boolean {
    return parts(type).every((part) => (part.flags & ts.TypeFlags.NumberLike) !== 0);
  }

  isBoolean(type: ts.Type): boolean {
    return parts(type).every((part) => (part.flags & ts.TypeFlags.BooleanLike) !== 0);
  }

  /** String, number, boolean, null, undefined; not bigint, which throws when mixed, nor symbol. */
  isPrimitive(type: ts.Type): boolean {
    return parts(type).every((part) => (part.flags & PRIMITIVE) !== 0);
  }

  excludesNullish(type: ts.Type): boolean {
    return this.#excludes(type, NULLISH);
  }

  excludesUndefined(type: ts.Type): boolean {
    return this.#excludes(type, ts.TypeFlags.Undefined | ts.TypeFlags.Void);
  }

  /** Nothing in it can be NaN: literals of number cannot. */
  excludesNaN(type: ts.Type): boolean {
    return parts(type).every(
      (part) =>
        (part.flags & UNKNOWN) === 0 && (part.flags & (ts.TypeFlags.Number | ts.TypeFlags.Enum)) === 0,
    );
  }

  isUnknown(type: ts.Type): boolean {
    return parts(type).some((part) => (part.flags & UNKNOWN) !== 0);
  }

  /** An instance of the global class of that name, e.g. `Map`; each member of a union is. */
  isGlobalInstance(type: ts.Type, names: readonly string[]): boolean {
    return parts(type).every((part) => {
      const { symbol } = part as { symbol?: ts.Symbol };
      return symbol !== undefined && names.includes(symbol.name) && this.isFromLibrary(symbol);
    });
  }

  /** A plain data object: no array, no function, no class of the library. */
  isPlainObject(type: ts.Type): boolean {
    return parts(type).every(
      (part) =>
        (part.flags & ts.TypeFlags.Object) !== 0 &&
        !this.isArray(part) &&
        part.getCallSignatures().length === 0 &&
        part.getConstructSignatures().length === 0 &&
        !part.isClass() &&
        !this.#isLibraryInterface(part),
    );
  }

  /** The identifier stands for the global of that name. */
  isGlobal(node: ts.Node, name: string): boolean {
    if (!ts.isIdentifier(node) || node.text !== name) return false;
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol !== undefined && this.isFromLibrary(symbol);
  }

  isFromLibrary(symbol: ts.Symbol): boolean {
    const declarations = symbol.declarations ?? [];
    return (
      declarations.length > 0 &&
      declarations.some((node) => this.#program.isSourceFileDefaultLibrary(node.getSourceFile()))
    );
  }

  /** Reading the property runs no code: it is declared, and not as an accessor. */
  isDataProperty(symbol: ts.Symbol | undefined): boolean {
    return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Accessor) === 0;
  }

  #excludes(type: ts.Type, flags: number): boolean {
    return this.#strictNulls && parts(type).every((part) => (part.flags & (flags | UNKNOWN)) === 0);
  }

  #isLibraryInterface(type: ts.Type): boolean {
    const { symbol } = type as { symbol?: ts.Symbol };
    const anonymous = symbol === undefined || (symbol.flags & ts.SymbolFlags.TypeLiteral) !== 0;
    return !anonymous && this.isFromLibrary(symbol);
  }
}

export function parts(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}
