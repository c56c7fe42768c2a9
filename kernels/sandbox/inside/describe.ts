/**
 * The parts of one object: what its class holds in internal slots, then its own properties. Slots are read
 * by the builtins' own methods, which refuse an object that only claims the class by its prototype: such a
 * one is written as an ordinary object.
 */
import { getter, hasOwn, isArray, isView, jsonString, list, method, record } from "./intrinsics.ts";
import type { Parts, Path } from "./parts.ts";
import { refuse } from "./parts.ts";
import { primitiveText } from "./primitives.ts";
import type { OwnProperties, PropertyRules } from "./properties.ts";
import { ORDINARY, readProperties, writeAttributes, writeProperties } from "./properties.ts";
import type { Brand, Lineage } from "./prototypes.ts";
import { tellOf } from "./slots.ts";

export function describe(value: object, lineage: Lineage, parts: Parts, path: Path, told: boolean): void {
  if (lineage.brand !== "Opaque" && isArray(value)) {
    describeArray(value as readonly unknown[], lineage, parts, path);
    return;
  }
  const write = writers[lineage.brand];
  if (!write(value, lineage, parts, path, told)) describeOrdinary(value, lineage, parts, path, ORDINARY);
}

/** Answers false, having written nothing, when the object's slots are not those of the brand. */
type Writer = (value: object, lineage: Lineage, parts: Parts, path: Path, told: boolean) => boolean;

const writers: Readonly<Record<Brand, Writer>> = {
  Object: () => false,
  // An array was recognised before, whatever its prototype: this one only inherits from Array.prototype.
  Array: () => false,
  Map: describeMap,
  Set: describeSet,
  Date: describeDate,
  RegExp: describeRegExp,
  Error: describeError,
  Boxed: describeBoxed,
  Buffer: describeBuffer,
  TypedArray: describeTypedArray,
  DataView: describeDataView,
  Slotted: describeSlotted,
  Opaque: (_value, lineage, _parts, path) => {
    refuse(`a ${lineage.builtin ?? "builtin"}`, path);
  },
};

/** `class "Point" `, `prototype Map `, `null-prototype `: nothing for the prototype that the syntax implies. */
function prototypeText(lineage: Lineage, implied: string): string {
  if (lineage.classes !== "") {
    const base = lineage.builtin === implied ? "" : ` extends ${lineage.builtin ?? "null"}`;
    return `${lineage.classes}${base} `;
  }
  if (lineage.parent !== null || lineage.builtin === implied) return "";
  return lineage.builtin === null ? "null-prototype " : `prototype ${lineage.builtin} `;
}

/** A nameless parent is a part like a property; its key cannot be taken for one. */
function writeParent(lineage: Lineage, parts: Parts, path: Path): boolean {
  if (lineage.parent === null) return false;
  parts.text("prototype: ");
  parts.value(lineage.parent, { parent: path, step: "__proto__" });
  return true;
}

function describeOrdinary(
  value: object,
  lineage: Lineage,
  parts: Parts,
  path: Path,
  rules: PropertyRules,
): void {
  const properties = readProperties(value, rules, path);
  parts.text(`${properties.level}${prototypeText(lineage, "Object")}{`);
  const hasParent = writeParent(lineage, parts, path);
  writeProperties(parts, properties, path, !hasParent);
  parts.text("}");
}

/** What a slotted object has beside its slots; nothing is written for none. */
function writeExtras(lineage: Lineage, parts: Parts, path: Path, properties: OwnProperties): void {
  if (properties.items.length === 0 && lineage.parent === null) return;
  parts.text(" {");
  const hasParent = writeParent(lineage, parts, path);
  writeProperties(parts, properties, path, !hasParent);
  parts.text("}");
}

// --- arrays ---------------------------------------------------------------------------------------------

const arrayRules: PropertyRules = {
  skip: () => false,
  expected: (key) => (key === "length" ? "w--" : "wec"),
};

/** Own keys of an array: its indices ascending, then `length`, then the rest in order of their making. */
function describeArray(value: readonly unknown[], lineage: Lineage, parts: Parts, path: Path): void {
  const properties = readProperties(value, arrayRules, path);
  const { items } = properties;
  parts.text(`${properties.level}${prototypeText(lineage, "Array")}[`);
  let next = 0;
  let at = 0;
  for (; items[at] !== undefined && items[at]!.key !== "length"; at++) {
    const index = +(items[at]!.key as string);
    if (at > 0) parts.text(", ");
    if (index > next) parts.text(`<${index - next} empty>, `);
    writeAttributes(parts, properties, items[at]!);
    parts.value(items[at]!.value, { parent: path, step: index });
    next = index + 1;
  }
  const length = items[at];
  if (length === undefined) refuse("an array without a length", path);
  const tail = (length.value as number) - next;
  if (tail > 0) parts.text(`${at > 0 ? ", " : ""}<${tail} empty>`);
  parts.text("]");
  writeAttributes(parts, properties, length);
  const rest: OwnProperties["items"][number][] = list();
  for (let index = at + 1; index < items.length; index++) rest[rest.length] = items[index]!;
  writeExtras(lineage, parts, path, { ...properties, items: rest });
}

// --- Map and Set ----------------------------------------------------------------------------------------

const mapSize = getter<number>(Map.prototype, "size", 0);
const setSize = getter<number>(Set.prototype, "size", 0);
const mapForEach = method(Map.prototype, "forEach") as (
  self: unknown,
  visit: (value: unknown, key: unknown) => void,
) => unknown;
const setForEach = method(Set.prototype, "forEach") as (
  self: unknown,
  visit: (value: unknown) => void,
) => unknown;

function describeMap(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  if (!answers(mapSize, value)) return false;
  const properties = readProperties(value, ORDINARY, path);
  parts.text(`${properties.level}${prototypeText(lineage, "Map")}Map{`);
  let index = 0;
  mapForEach(value, (item, key) => {
    if (index > 0) parts.text(", ");
    parts.value(key, { parent: { parent: path, step: "keys()" }, step: index });
    parts.text(" => ");
    parts.value(item, { parent: { parent: path, step: "values()" }, step: index });
    index++;
  });
  parts.text("}");
  writeExtras(lineage, parts, path, properties);
  return true;
}

function describeSet(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  if (!answers(setSize, value)) return false;
  const properties = readProperties(value, ORDINARY, path);
  parts.text(`${properties.level}${prototypeText(lineage, "Set")}Set{`);
  let index = 0;
  setForEach(value, (item) => {
    if (index > 0) parts.text(", ");
    parts.value(item, { parent: { parent: path, step: "values()" }, step: index });
    index++;
  });
  parts.text("}");
  writeExtras(lineage, parts, path, properties);
  return true;
}

// --- Date, RegExp, Error, boxed primitives --------------------------------------------------------------

const dateTime = method(Date.prototype, "getTime") as (self: unknown) => number;

function describeDate(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  if (!answers(dateTime, value)) return false;
  const properties = readProperties(value, ORDINARY, path);
  const time = primitiveText(dateTime(value), parts.symbols)!;
  parts.text(`${properties.level}${prototypeText(lineage, "Date")}Date(${time})`);
  writeExtras(lineage, parts, path, properties);
  return true;
}

const regExpSource = getter<string>(RegExp.prototype, "source", "");
const regExpFlags: readonly (readonly [string, (self: unknown) => boolean])[] = (
  [
    ["d", "hasIndices"],
    ["g", "global"],
    ["i", "ignoreCase"],
    ["m", "multiline"],
    ["s", "dotAll"],
    ["u", "unicode"],
    ["v", "unicodeSets"],
    ["y", "sticky"],
  ] as const
).map(([letter, name]) => [letter, getter<boolean>(RegExp.prototype, name, false)] as const);
const regExpRules: PropertyRules = {
  skip: () => false,
  expected: (key) => (key === "lastIndex" ? "w--" : "wec"),
};

function describeRegExp(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  if (!answers(regExpSource, value)) return false;
  const properties = readProperties(value, regExpRules, path);
  let flags = "";
  for (let index = 0; index < regExpFlags.length; index++) {
    if (regExpFlags[index]![1](value)) flags += regExpFlags[index]![0];
  }
  const source = jsonString(regExpSource(value));
  parts.text(`${properties.level}${prototypeText(lineage, "RegExp")}RegExp(${source}, "${flags}")`);
  writeExtras(lineage, parts, path, properties);
  return true;
}

/** Where an engine says the error was made: hidden own properties, which say nothing about what was computed. */
const traces = record({
  stack: true,
  line: true,
  column: true,
  sourceURL: true,
  fileName: true,
  lineNumber: true,
  columnNumber: true,
});
const errorRules: PropertyRules = {
  skip: (key, enumerable) => !enumerable && hasOwn(traces, key),
  expected: (key) => (key === "message" || key === "cause" || key === "errors" ? "w-c" : "wec"),
};

function describeError(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  const properties = readProperties(value, errorRules, path);
  const name = lineage.builtin ?? "Error";
  parts.text(`${properties.level}${prototypeText(lineage, name)}${name}{`);
  const hasParent = writeParent(lineage, parts, path);
  writeProperties(parts, properties, path, !hasParent);
  parts.text("}");
  return true;
}

const unboxers: readonly (readonly [string, (self: unknown) => unknown])[] = [
  ["Boolean", method(Boolean.prototype, "valueOf")],
  ["Number", method(Number.prototype, "valueOf")],
  ["String", method(String.prototype, "valueOf")],
  ["Symbol", method(Symbol.prototype, "valueOf")],
  ["BigInt", method(BigInt.prototype, "valueOf")],
];

function describeBoxed(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  for (let index = 0; index < unboxers.length; index++) {
    const name = unboxers[index]![0];
    const unbox = unboxers[index]![1];
    if (!answers(unbox, value)) continue;
    const primitive = unbox(value);
    const properties = readProperties(value, boxedRules(primitive), path);
    const text = primitiveText(primitive, parts.symbols)!;
    parts.text(`${properties.level}${prototypeText(lineage, name)}${name}(${text})`);
    writeExtras(lineage, parts, path, properties);
    return true;
  }
  return false;
}

/** A String object's characters and length are its slot's; other own properties are its own. */
function boxedRules(primitive: unknown): PropertyRules {
  if (typeof primitive !== "string") return ORDINARY;
  return {
    skip: (key) => key === "length" || isIndexBelow(key, primitive.length),
    expected: ORDINARY.expected,
  };
}

function isIndexBelow(key: string | symbol, length: number): boolean {
  if (typeof key !== "string") return false;
  const index = +key;
  return index >= 0 && index < length && `${index}` === key;
}

// --- buffers and views ----------------------------------------------------------------------------------

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const viewName = getter<string | undefined>(typedArray, Symbol.toStringTag, undefined);
const viewLength = getter<number>(typedArray, "length", 0);
const viewOffset = getter<number>(typedArray, "byteOffset", 0);
const viewBytes = getter<number>(typedArray, "byteLength", 0);
const viewBuffer = getter<object>(typedArray, "buffer", {});
const bufferBytes = getter<number>(ArrayBuffer.prototype, "byteLength", 0);
const bufferMaximum = getter<number | null>(ArrayBuffer.prototype, "maxByteLength", null);
const bufferResizable = getter<boolean>(ArrayBuffer.prototype, "resizable", false);
const dataViewOffset = getter<number>(DataView.prototype, "byteOffset", 0);
const dataViewBytes = getter<number>(DataView.prototype, "byteLength", 0);
const dataViewBuffer = getter<object>(DataView.prototype, "buffer", {});
const BytesOf = Uint8Array;

function describeTypedArray(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  const name = isView(value) ? viewName(value) : undefined;
  if (name === undefined) return false;
  const length = viewLength(value);
  const properties = readProperties(value, viewRules(length), path);
  parts.text(`${properties.level}${prototypeText(lineage, name)}${name}[`);
  const elements = value as unknown as ArrayLike<unknown>;
  for (let index = 0; index < length; index++) {
    if (index > 0) parts.text(", ");
    parts.text(primitiveText(elements[index], parts.symbols)!);
  }
  const buffer = viewBuffer(value);
  const whole = answers(bufferBytes, buffer) && viewBytes(value) === bufferBytes(buffer);
  parts.text(`] at ${viewOffset(value)} of `);
  parts.value(buffer, { parent: path, step: "buffer" }, whole);
  writeExtras(lineage, parts, path, properties);
  return true;
}

function viewRules(length: number): PropertyRules {
  return { skip: (key) => isIndexBelow(key, length), expected: ORDINARY.expected };
}

function describeDataView(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  if (!isView(value) || viewName(value) !== undefined) return false;
  const properties = readProperties(value, ORDINARY, path);
  const start = dataViewOffset(value);
  parts.text(
    `${properties.level}${prototypeText(lineage, "DataView")}DataView(${dataViewBytes(value)}) at ${start} of `,
  );
  parts.value(dataViewBuffer(value), { parent: path, step: "buffer" });
  writeExtras(lineage, parts, path, properties);
  return true;
}

const hexDigits = "0123456789abcdef";

/** A view that covers the whole buffer has told its content as values: the bits of a NaN mean nothing. */
function describeBuffer(value: object, lineage: Lineage, parts: Parts, path: Path, told: boolean): boolean {
  if (!answers(bufferBytes, value)) {
    if (lineage.builtin === "SharedArrayBuffer") refuse("a SharedArrayBuffer", path);
    return false;
  }
  const properties = readProperties(value, ORDINARY, path);
  const room = bufferResizable(value) ? ` of at most ${bufferMaximum(value) ?? 0}` : "";
  parts.text(
    `${properties.level}${prototypeText(lineage, "ArrayBuffer")}ArrayBuffer(${bufferBytes(value)}${room}`,
  );
  if (!told) {
    parts.text(": ");
    writeHex(new BytesOf(value as ArrayBuffer), parts);
  }
  parts.text(")");
  writeExtras(lineage, parts, path, properties);
  return true;
}

function writeHex(bytes: Uint8Array, parts: Parts): void {
  const length = viewLength(bytes);
  for (let index = 0; index < length; index++) {
    const byte = bytes[index]!;
    parts.text(hexDigits[byte >> 4]! + hexDigits[byte & 15]!);
  }
}

// --- classes of the web ------------------------------------------------------------------------------

function describeSlotted(value: object, lineage: Lineage, parts: Parts, path: Path): boolean {
  const name = lineage.builtin!;
  const tell = tellOf(name)!;
  if (!answers(tell as (self: unknown) => unknown, value)) return false;
  // One of them is an exception.
  const properties = readProperties(value, errorRules, path);
  parts.text(`${properties.level}${prototypeText(lineage, name)}${name}(${jsonString(tell(value))})`);
  writeExtras(lineage, parts, path, properties);
  return true;
}

/** Whether the slot that `read` needs is there: NaN and false are answers too, only a throw is none. */
function answers(read: (self: unknown) => unknown, value: object): boolean {
  try {
    read(value);
    return true;
  } catch {
    return false;
  }
}
