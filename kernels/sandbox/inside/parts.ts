/**
 * What one object is made of, in the order in which it is written: texts, and objects that are visited when
 * the walk comes to them. Texts that follow each other are joined, so an array of numbers is one part.
 */
import { jsonString, list } from "./intrinsics.ts";
import type { SymbolNames } from "./primitives.ts";
import { primitiveText } from "./primitives.ts";

/** The way from the root to a value, written out only when a failure has to name it. */
export interface Path {
  readonly parent: Path | null;
  readonly step: string | number | symbol;
}

export interface Visit {
  readonly value: object;
  readonly path: Path;
  /** A buffer whose content its view has told already, as values. */
  readonly contentTold: boolean;
}

/** Thrown within the walk: there is no canonical form, and why. */
export class Incomparable {
  readonly what: string;
  readonly path: Path;

  constructor(what: string, path: Path) {
    this.what = what;
    this.path = path;
  }
}

/** Ends the walk. No Error is made, since making one calls `Error.prepareStackTrace`, which may be the program's. */
export function refuse(what: string, path: Path): never {
  throw new Incomparable(what, path) as unknown as Error;
}

/** `result[0]["name"]`; keys that are no array index are quoted, so that no key can pose as another path. */
export function pathText(path: Path): string {
  let text = "";
  let at = path;
  for (; at.parent !== null; at = at.parent) text = stepText(at.step) + text;
  return (at.step as string) + text;
}

function stepText(step: string | number | symbol): string {
  if (typeof step === "string") return `[${jsonString(step)}]`;
  return typeof step === "number" ? `[${step}]` : "[a symbol]";
}

export class Parts {
  readonly items: (string | Visit)[] = list();
  readonly symbols: SymbolNames;
  #open = "";

  constructor(symbols: SymbolNames) {
    this.symbols = symbols;
  }

  text(text: string): void {
    this.#open += text;
  }

  value(value: unknown, path: Path, contentTold = false): void {
    const text = primitiveText(value, this.symbols);
    if (text !== null) {
      this.#open += text;
      return;
    }
    this.close();
    this.items[this.items.length] = { value: value as object, path, contentTold };
  }

  close(): void {
    if (this.#open === "") return;
    this.items[this.items.length] = this.#open;
    this.#open = "";
  }
}
