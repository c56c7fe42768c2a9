/**
 * Own properties in their own order. What an attribute is expected to be is left out, what differs is
 * written: `"x"<w-c>: 1` is a property that is writable, not enumerable, configurable.
 */
import { getOwnPropertyDescriptor, hasOwn, isExtensible, list, ownKeys } from "./intrinsics.ts";
import type { Parts, Path } from "./parts.ts";
import { refuse } from "./parts.ts";
import { primitiveText } from "./primitives.ts";

interface DataProperty {
  readonly key: string | symbol;
  readonly value: unknown;
  readonly attributes: string;
}

export interface PropertyRules {
  /** Own keys that are told elsewhere or differ without meaning (`length` of an array, `stack` of an error). */
  readonly skip: (key: string | symbol, enumerable: boolean) => boolean;
  /** The attributes that need no mention, as `attributesText` writes them. */
  readonly expected: (key: string | symbol) => string;
}

export const ORDINARY: PropertyRules = { skip: () => false, expected: () => "wec" };

export interface OwnProperties {
  readonly items: readonly DataProperty[];
  /** "", "frozen ", "sealed " or "non-extensible ": said of the whole object, not of each property. */
  readonly level: string;
  readonly rules: PropertyRules;
}

export function readProperties(value: object, rules: PropertyRules, path: Path): OwnProperties {
  const keys = ownKeys(value);
  const items: DataProperty[] = list();
  let frozen = true;
  let sealed = true;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    const descriptor = getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) refuse("an object that changes while it is read", path);
    if (descriptor.configurable === true) sealed = false;
    if (descriptor.configurable === true || descriptor.writable === true) frozen = false;
    if (rules.skip(key, descriptor.enumerable === true)) continue;
    if (!hasOwn(descriptor, "value")) refuse("an accessor", { parent: path, step: key });
    items[items.length] = { key, value: descriptor.value as unknown, attributes: attributesText(descriptor) };
  }
  const level = isExtensible(value) ? "" : frozen ? "frozen " : sealed ? "sealed " : "non-extensible ";
  return { items, level, rules };
}

function attributesText(descriptor: PropertyDescriptor): string {
  return `${descriptor.writable === true ? "w" : "-"}${descriptor.enumerable === true ? "e" : "-"}${descriptor.configurable === true ? "c" : "-"}`;
}

/** `key: value` with the attributes that the object's level and the rules do not already tell. */
export function writeProperty(parts: Parts, properties: OwnProperties, index: number, path: Path): void {
  const property = properties.items[index]!;
  const text = primitiveText(property.key, parts.symbols)!;
  parts.text(typeof property.key === "symbol" ? `[${text}]` : text);
  writeAttributes(parts, properties, property);
  parts.text(": ");
  parts.value(property.value, { parent: path, step: property.key });
}

export function writeAttributes(parts: Parts, properties: OwnProperties, property: DataProperty): void {
  const expected = underLevel(properties.level, properties.rules.expected(property.key));
  if (property.attributes !== expected) parts.text(`<${property.attributes}>`);
}

function underLevel(level: string, attributes: string): string {
  const enumerable = attributes[1]!;
  if (level === "frozen ") return `-${enumerable}-`;
  return level === "sealed " ? `${attributes[0]!}${enumerable}-` : attributes;
}

/** All of them, comma-separated; `first` says that nothing was written before. */
export function writeProperties(parts: Parts, properties: OwnProperties, path: Path, first: boolean): void {
  for (let index = 0; index < properties.items.length; index++) {
    if (index > 0 || !first) parts.text(", ");
    writeProperty(parts, properties, index, path);
  }
}
