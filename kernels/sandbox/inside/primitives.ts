/** The canonical text of what has no parts. Equal texts mean equal by Object.is; local symbols by order of first sight. */
import { dataOf, getter, is, jsonString, mapGet, MapOf, mapSet, method } from "./intrinsics.ts";

const numberText = method(Number.prototype, "toString") as (self: unknown) => string;
const bigintText = method(BigInt.prototype, "toString") as (self: unknown) => string;
const keyFor = method(Symbol, "keyFor") as (self: unknown, symbol: symbol) => string | undefined;
const descriptionOf = getter<string | undefined>(Symbol.prototype, "description", undefined);

const wellKnown = new MapOf<symbol, string>();
for (const key of Reflect.ownKeys(Symbol)) {
  const symbol = dataOf(Symbol, key);
  if (typeof symbol === "symbol") mapSet(wellKnown, symbol, `Symbol.${String(key)}`);
}

/** Local symbols have an identity and no name: they are numbered in the order in which the walk meets them. */
export class SymbolNames {
  readonly #local = new MapOf<symbol, string>();
  #count = 0;

  of(symbol: symbol): string {
    const known = mapGet(wellKnown, symbol) ?? mapGet(this.#local, symbol);
    if (known !== undefined) return known;
    const key = keyFor(undefined, symbol);
    if (key !== undefined) return `Symbol.for(${jsonString(key)})`;
    const description = descriptionOf(symbol);
    const text = `Symbol(${description === undefined ? "" : jsonString(description)})~${numberText(this.#count++)}`;
    mapSet(this.#local, symbol, text);
    return text;
  }
}

/** Null for an object or a function. */
export function primitiveText(value: unknown, symbols: SymbolNames): string | null {
  switch (typeof value) {
    case "string":
      return jsonString(value);
    case "number":
      return is(value, -0) ? "-0" : numberText(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "undefined";
    case "bigint":
      return `${bigintText(value)}n`;
    case "symbol":
      return symbols.of(value);
    case "object":
      return value === null ? "null" : null;
    case "function":
      return null;
  }
}
