/**
 * From a TypeScript type to values of it. A type either can be made, cannot be made at all (`Refused`, with the
 * place and the reason), or has no end at this depth (`null`): then an array stays empty, a union takes another
 * member, an optional property is left out. What may be absent is also left out when its type is refused.
 */
import fc from "fast-check";
import ts from "typescript";
import { bigints, collectionLength, dates, keys, numbers, strings } from "./value-arbitraries.ts";
import type { LengthRange, Place, Profile } from "./value-arbitraries.ts";

/** A type nothing can be made of. */
export interface Refused {
  /** Where, as one would write it: `options.compare`, `items[]`. */
  readonly path: string;
  readonly type: string;
  readonly reason: string;
}

export type Made = fc.Arbitrary<unknown> | null;

interface Spot extends Place {
  readonly path: string;
  /** Object types around this one, to see a type that contains itself. */
  readonly around: readonly ts.Type[];
}

const MAX_BUILT = 4_000;

/** How often a type may contain itself: deep where it is a tree of its own, shallow inside collections. */
const MAX_NESTING = { small: 3, medium: 5, large: 7 } as const;
const MAX_NESTING_INSIDE = 2;

const TYPED_ARRAYS: Readonly<Record<string, (length: LengthRange) => fc.Arbitrary<unknown>>> = {
  Int8Array: (length) => fc.int8Array(length),
  Uint8Array: (length) => fc.uint8Array(length),
  Uint8ClampedArray: (length) => fc.uint8ClampedArray(length),
  Int16Array: (length) => fc.int16Array(length),
  Uint16Array: (length) => fc.uint16Array(length),
  Int32Array: (length) => fc.int32Array(length),
  Uint32Array: (length) => fc.uint32Array(length),
  Float32Array: (length) => fc.float32Array(length),
  Float64Array: (length) => fc.float64Array(length),
  BigInt64Array: (length) => fc.bigInt64Array(length),
  BigUint64Array: (length) => fc.bigUint64Array(length),
};

/** Thrown inside only; `make` turns it into a value. */
class RefusedType extends Error {
  readonly refused: Refused;
  /** Whether a value without this part will do. A type that is too large is too large everywhere. */
  readonly canBeLeft: boolean;
  constructor(refused: Refused, canBeLeft: boolean) {
    super(refused.reason);
    this.refused = refused;
    this.canBeLeft = canBeLeft;
  }
}

export class TypeArbitraries {
  readonly #checker: ts.TypeChecker;
  readonly #program: ts.Program;
  readonly #place: ts.Node;
  readonly #profile: Profile;
  #built = 0;

  constructor(program: ts.Program, place: ts.Node, profile: Profile) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
    this.#place = place;
    this.#profile = profile;
  }

  /** Values of one argument's type; `Refused` when there are none. */
  make(type: ts.Type, name: string): fc.Arbitrary<unknown> | Refused {
    const spot: Spot = { path: name, level: 0, around: [], profile: this.#profile };
    try {
      return this.#make(type, spot) ?? this.#refusal(type, spot, "contains itself without end");
    } catch (thrown) {
      if (thrown instanceof RefusedType) return thrown.refused;
      throw thrown;
    }
  }

  #make(type: ts.Type, spot: Spot): Made {
    this.#built += 1;
    if (this.#built > MAX_BUILT) throw new RefusedType(this.#refusal(type, spot, "is too large"), false);
    return this.#makePlain(type, spot) ?? this.#makeComposed(type, spot);
  }

  #makePlain(type: ts.Type, spot: Spot): Made {
    const { flags } = type;
    if (type.isStringLiteral() || type.isNumberLiteral()) return fc.constant(type.value);
    if ((flags & ts.TypeFlags.BigIntLiteral) !== 0)
      return fc.constant(bigintOf(type as ts.BigIntLiteralType));
    if ((flags & ts.TypeFlags.BooleanLiteral) !== 0) return fc.constant(this.#text(type) === "true");
    if ((flags & ts.TypeFlags.Boolean) !== 0) return fc.boolean();
    if ((flags & ts.TypeFlags.String) !== 0) return strings(spot);
    if ((flags & ts.TypeFlags.Number) !== 0 || (flags & ts.TypeFlags.Enum) !== 0) return enumSafe(type, spot);
    if ((flags & ts.TypeFlags.BigInt) !== 0) return bigints(spot);
    if ((flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0) return fc.constant(undefined);
    if ((flags & ts.TypeFlags.Null) !== 0) return fc.constant(null);
    if ((flags & ts.TypeFlags.TemplateLiteral) !== 0)
      return this.#makeTemplate(type as ts.TemplateLiteralType, spot);
    return null;
  }

  #makeComposed(type: ts.Type, spot: Spot): Made {
    const { flags } = type;
    if ((flags & ts.TypeFlags.Any) !== 0) throw this.#refuse(type, spot, "can be anything");
    if ((flags & ts.TypeFlags.Unknown) !== 0) throw this.#refuse(type, spot, "can be anything");
    if ((flags & ts.TypeFlags.Never) !== 0) throw this.#refuse(type, spot, "has no values");
    if ((flags & ts.TypeFlags.ESSymbolLike) !== 0) throw this.#refuse(type, spot, "is a symbol");
    if ((flags & ts.TypeFlags.NonPrimitive) !== 0) throw this.#refuse(type, spot, "can be any object");
    if (type.isUnion()) return this.#makeUnion(type, spot);
    if (type.isIntersection()) return this.#makeIntersection(type, spot);
    if ((flags & ts.TypeFlags.Object) !== 0) return this.#makeObjectLike(type, spot);
    return this.#makeGeneric(type, spot);
  }

  /** Type parameters, `keyof`, indexed access, conditional types: what they are limited to. */
  #makeGeneric(type: ts.Type, spot: Spot): Made {
    const limit = this.#checker.getBaseConstraintOfType(type);
    if (
      limit !== undefined &&
      limit !== type &&
      (limit.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) === 0
    ) {
      const isEmptyObject = (limit.flags & ts.TypeFlags.Object) !== 0 && this.#isShapeless(limit);
      if (!isEmptyObject) return this.#make(limit, spot);
    }
    return spot.profile.free === "number" ? numbers(spot) : strings(spot);
  }

  #makeUnion(type: ts.UnionType, spot: Spot): Made {
    const nothing = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void;
    const mayBeAbsent = type.types.some(({ flags }) => (flags & nothing) !== 0);
    const members = type.types.flatMap((member) => {
      const isNothing = (member.flags & nothing) !== 0;
      const made = mayBeAbsent ? this.#makeOrLeave(member, spot) : this.#make(member, spot);
      return made === null ? [] : [{ weight: isNothing ? 1 : 3, arbitrary: made }];
    });
    return members.length === 0 ? null : fc.oneof(...members);
  }

  /** A branded primitive is its primitive; objects are merged. */
  #makeIntersection(type: ts.IntersectionType, spot: Spot): Made {
    const primitive = type.types.find(
      ({ flags }) => (flags & (ts.TypeFlags.Object | ts.TypeFlags.Instantiable)) === 0,
    );
    if (primitive !== undefined) return this.#make(primitive, spot);
    const array = type.types.find((member) => this.#checker.isArrayType(member));
    return array === undefined ? this.#makeObjectLike(type, spot) : this.#make(array, spot);
  }

  #makeTemplate(type: ts.TemplateLiteralType, spot: Spot): Made {
    const parts = type.types.map((part) => this.#make(part, { ...spot, level: spot.level + 1 }));
    const made = parts.filter((part) => part !== null);
    if (made.length < parts.length) return null;
    return fc
      .tuple(...made)
      .map((values) =>
        type.texts.map((text, index) => (index === 0 ? text : String(values[index - 1]) + text)).join(""),
      );
  }

  #makeObjectLike(type: ts.Type, outer: Spot): Made {
    const limit = outer.level === 0 ? MAX_NESTING[outer.profile.size] : MAX_NESTING_INSIDE;
    if (outer.around.filter((other) => other === type).length >= limit) return null;
    const spot = { ...outer, around: [...outer.around, type] };
    const checker = this.#checker;
    if (checker.isTupleType(type)) return this.#makeTuple(type as ts.TupleTypeReference, spot);
    if (checker.isArrayType(type)) {
      return this.#makeArray(checker.getTypeArguments(type as ts.TypeReference)[0]!, spot);
    }
    if (type.getCallSignatures().length > 0) throw this.#refuse(type, spot, "is a function");
    if (type.getConstructSignatures().length > 0) throw this.#refuse(type, spot, "is a class");
    const symbol = type.getSymbol();
    if (symbol !== undefined && this.#isBuiltIn(symbol)) return this.#makeBuiltIn(type, symbol.name, spot);
    if (type.isClass()) throw this.#refuse(type, spot, "is an instance of a class");
    return this.#makeRecord(type, spot);
  }

  #isBuiltIn(symbol: ts.Symbol): boolean {
    const file = symbol.declarations?.[0]?.getSourceFile();
    const named = (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) !== 0;
    const ambient = file !== undefined && /[\\/]@types[\\/](?:node|bun)[\\/]/.test(file.fileName);
    return named && file !== undefined && (ambient || this.#program.isSourceFileDefaultLibrary(file));
  }

  #makeBuiltIn(type: ts.Type, name: string, spot: Spot): Made {
    const [first, second] = this.#checker.getTypeArguments(type as ts.TypeReference);
    const typed = TYPED_ARRAYS[name];
    if (typed !== undefined) return typed(collectionLength(spot));
    if (name === "Date") return dates();
    if (name === "ArrayBuffer" || name === "ArrayBufferLike")
      return fc.uint8Array(collectionLength(spot)).map((bytes) => bytes.buffer);
    if ((name === "Set" || name === "ReadonlySet") && first !== undefined) {
      return this.#makeArray(first, spot).map((values) => new Set(values));
    }
    if ((name === "Map" || name === "ReadonlyMap") && first !== undefined && second !== undefined) {
      return this.#makeMap(first, second, spot);
    }
    if (/^(?:Iterable|ArrayLike)$/.test(name) && first !== undefined) return this.#makeArray(first, spot);
    throw this.#refuse(type, spot, `is a ${name}, which cannot be made up sensibly`);
  }

  #makeArray(element: ts.Type, spot: Spot): fc.Arbitrary<unknown[]> {
    const made = this.#make(element, inside(spot, `${spot.path}[]`));
    if (made === null) return fc.constant([]).map(() => []);
    const length = collectionLength(spot);
    const values = fc.array(made, { ...length, size: "max" });
    return fc
      .tuple(values, fc.integer({ min: 0, max: 15 }), fc.nat())
      .map(([list, choice, index]) => arranged(list, choice, index));
  }

  #makeMap(key: ts.Type, value: ts.Type, spot: Spot): Made {
    const madeKey = this.#make(key, inside(spot, `${spot.path} (key)`));
    const madeValue = this.#make(value, inside(spot, `${spot.path} (value)`));
    if (madeKey === null || madeValue === null) return fc.constant(null).map(() => new Map());
    return fc
      .array(fc.tuple(madeKey, madeValue), { ...collectionLength(spot), size: "max" })
      .map((entries) => new Map(entries));
  }

  #makeTuple(type: ts.TupleTypeReference, spot: Spot): Made {
    const elements = this.#checker.getTypeArguments(type);
    const parts: fc.Arbitrary<readonly unknown[]>[] = [];
    for (const [index, element] of elements.entries()) {
      const kind = type.target.elementFlags[index]!;
      const isOpen = (kind & (ts.ElementFlags.Rest | ts.ElementFlags.Variadic)) !== 0;
      const spread = (kind & ts.ElementFlags.Variadic) !== 0 && this.#checker.isArrayLikeType(element);
      const made =
        isOpen && !spread
          ? this.#makeArray(element, spot)
          : this.#make(element, { ...spot, path: `${spot.path}[${index}]` });
      if (made === null) return null;
      parts.push(isOpen ? (made as fc.Arbitrary<unknown[]>) : optionalElement(made, kind));
    }
    // An absent element ends the tuple.
    return fc.tuple(...parts).map((found) => {
      const end = found.findIndex(
        (part, index) => part.length === 0 && isOptional(type.target.elementFlags[index]!),
      );
      return found.slice(0, end === -1 ? found.length : end).flat();
    });
  }

  #makeRecord(type: ts.Type, spot: Spot): Made {
    const properties = this.#checker.getPropertiesOfType(type);
    const indexes = this.#checker.getIndexInfosOfType(type);
    if (properties.length === 0 && indexes.length === 0) throw this.#refuse(type, spot, "can be any object");
    const parts: fc.Arbitrary<readonly (readonly [string, unknown])[]>[] = [];
    for (const property of properties) {
      const part = this.#makeProperty(property, spot);
      if (part === null) return null;
      parts.push(part);
    }
    for (const index of indexes) parts.push(this.#makeIndex(type, index, spot));
    return fc.tuple(...parts).map((entries) => Object.fromEntries(entries.flat()));
  }

  #makeProperty(
    property: ts.Symbol,
    spot: Spot,
  ): fc.Arbitrary<readonly (readonly [string, unknown])[]> | null {
    const type = this.#checker.getTypeOfSymbolAtLocation(property, this.#place);
    const place = { ...spot, path: `${spot.path}.${property.name}` };
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    if (property.name.startsWith("__@")) {
      if (optional) return fc.constant([]);
      throw this.#refuse(type, place, "is named by a symbol");
    }
    const made = optional ? this.#makeOrLeave(type, place) : this.#make(type, place);
    if (made === null) return optional ? fc.constant([]) : null;
    const present = made.map((value) => [[property.name, value]] as const);
    return optional
      ? fc.oneof({ weight: 2, arbitrary: present }, { weight: 1, arbitrary: fc.constant([]) })
      : present;
  }

  #makeIndex(
    type: ts.Type,
    index: ts.IndexInfo,
    spot: Spot,
  ): fc.Arbitrary<readonly (readonly [string, unknown])[]> {
    if ((index.keyType.flags & ts.TypeFlags.ESSymbolLike) !== 0)
      throw this.#refuse(type, spot, "is keyed by symbols");
    const value = this.#make(index.type, inside(spot, `${spot.path}[key]`));
    if (value === null) return fc.constant([]);
    const isNumber = (index.keyType.flags & ts.TypeFlags.Number) !== 0;
    const isTemplate = (index.keyType.flags & ts.TypeFlags.TemplateLiteral) !== 0;
    const template = isTemplate ? this.#make(index.keyType, inside(spot, spot.path)) : null;
    const key = isNumber ? fc.nat({ max: 2000 }).map(String) : (template ?? keys(spot)).map(String);
    return fc.array(fc.tuple(key, value), { ...collectionLength(spot), size: "max" });
  }

  #makeOrLeave(type: ts.Type, spot: Spot): Made {
    try {
      return this.#make(type, spot);
    } catch (thrown) {
      if (thrown instanceof RefusedType && thrown.canBeLeft) return null;
      throw thrown;
    }
  }

  #isShapeless(type: ts.Type): boolean {
    const checker = this.#checker;
    return (
      checker.getPropertiesOfType(type).length === 0 &&
      checker.getIndexInfosOfType(type).length === 0 &&
      type.getCallSignatures().length === 0
    );
  }

  #refuse(type: ts.Type, spot: Spot, reason: string): RefusedType {
    return new RefusedType(this.#refusal(type, spot, reason), true);
  }

  #refusal(type: ts.Type, { path }: Spot, reason: string): Refused {
    return { path, type: this.#text(type), reason };
  }

  #text(type: ts.Type): string {
    return this.#checker.typeToString(type, this.#place);
  }
}

function inside(spot: Spot, path: string): Spot {
  return { ...spot, path, level: spot.level + 1 };
}

/** An enum with computed members says nothing about its values. */
function enumSafe(type: ts.Type, spot: Spot): fc.Arbitrary<unknown> {
  return (type.flags & ts.TypeFlags.Enum) === 0 ? numbers(spot) : fc.integer({ min: 0, max: 8 });
}

function bigintOf({ value }: ts.BigIntLiteralType): bigint {
  return BigInt(value.base10Value) * (value.negative ? -1n : 1n);
}

function isOptional(kind: ts.ElementFlags): boolean {
  return (kind & ts.ElementFlags.Optional) !== 0;
}

function optionalElement(
  made: fc.Arbitrary<unknown>,
  kind: ts.ElementFlags,
): fc.Arbitrary<readonly unknown[]> {
  const present = made.map((value) => [value]);
  return isOptional(kind)
    ? fc.oneof({ weight: 2, arbitrary: present }, { weight: 1, arbitrary: fc.constant([]) })
    : present;
}

/** Some lists are sorted, some sorted backwards, some hold one element twice (the same object, not a copy). */
function arranged(list: readonly unknown[], choice: number, index: number): unknown[] {
  const copy = [...list];
  const sortable = copy.every((value) => typeof value === "number" || typeof value === "string");
  if (choice <= 2 && sortable) copy.sort(byValue);
  if (choice === 2) copy.reverse();
  if (choice >= 3 && choice <= 5 && copy.length > 1)
    copy[(index + 1) % copy.length] = copy[index % copy.length];
  return copy;
}

function byValue(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left) < String(right) ? -1 : 1;
}
