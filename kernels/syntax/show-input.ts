/** An argument list as the JavaScript that would make it, for people to read. */
import type { EncodedInput } from "../sandbox/protocol.ts";
import { decodeInput } from "./encoded-input.ts";
import { isTypedArray } from "./input-measure.ts";

const CUT = "…";

/**
 * The arguments, separated by commas, in at most `maxCharacters` characters; what is longer ends in `…`. An
 * object that occurs again is marked as the same one.
 * @throws INPUT_NOT_DECODABLE
 */
export function showInput(encoded: EncodedInput, maxCharacters: number): string {
  const printer = new Printer(maxCharacters);
  printer.list(decodeInput(encoded));
  return printer.text.length <= maxCharacters
    ? printer.text
    : `${printer.text.slice(0, Math.max(0, maxCharacters - CUT.length))}${CUT}`;
}

class Printer {
  text = "";
  readonly #maxCharacters: number;
  readonly #seen = new Map<object, number>();

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  list(values: Iterable<unknown>): void {
    this.#separated(values, (value) => this.#value(value));
  }

  /** Stops when the text is full: what follows would be cut anyway. */
  #separated<Item>(items: Iterable<Item>, print: (item: Item) => void): void {
    let first = true;
    for (const item of items) {
      if (this.text.length > this.#maxCharacters) return;
      if (!first) this.text += ", ";
      first = false;
      print(item);
    }
  }

  #value(value: unknown): void {
    if (typeof value === "object" && value !== null) this.#object(value);
    else this.text += primitive(value);
  }

  #object(value: object): void {
    const number = this.#seen.get(value);
    if (number !== undefined) {
      this.text += `/* the same as object ${number} */`;
      return;
    }
    this.#seen.set(value, this.#seen.size + 1);
    if (Array.isArray(value)) this.#array(value as unknown[]);
    else if (value instanceof Map) this.#constructed("Map", value);
    else if (value instanceof Set) this.#constructed("Set", value);
    else if (isTypedArray(value)) this.#constructed(value.constructor.name, value as Iterable<unknown>);
    else if (value instanceof ArrayBuffer) this.#buffer(value);
    else if (value instanceof Date) this.text += dateText(value);
    else this.#record(value);
  }

  #array(list: readonly unknown[]): void {
    this.text += "[";
    this.#separated(list.keys(), (index) => {
      if (index in list) this.#value(list[index]);
    });
    // A hole at the end needs its own comma.
    this.text += list.length > 0 && !(list.length - 1 in list) ? ",]" : "]";
  }

  #constructed(name: string, values: Iterable<unknown>): void {
    this.text += `new ${name}([`;
    this.list(values);
    this.text += "])";
  }

  #buffer(buffer: ArrayBuffer): void {
    this.#constructed("Uint8Array", new Uint8Array(buffer));
    this.text += ".buffer";
  }

  #record(record: object): void {
    const bare = Object.getPrototypeOf(record) === null;
    const entries = Object.entries(record);
    this.text += bare ? "{ __proto__: null" : "{";
    if (bare && entries.length > 0) this.text += ",";
    if (entries.length > 0) this.text += " ";
    this.#separated(entries, ([key, value]) => {
      this.text += `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: `;
      this.#value(value);
    });
    this.text += bare || entries.length > 0 ? " }" : "}";
  }
}

function primitive(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value.toString()}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? "new Date(NaN)" : `new Date(${JSON.stringify(date.toISOString())})`;
}
