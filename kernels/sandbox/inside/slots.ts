/**
 * Classes of the web, the sandbox's own or the runtime's. What their instances hold is private: whoever compares
 * them is told here what it is, or that it cannot be told.
 */
import { defineProperty, list } from "./intrinsics.ts";

export interface Slotted {
  readonly name: string;
  readonly prototype: object;
  /** All that an instance holds, as text; throws for what is none. Null: it cannot be compared. */
  readonly tell: ((instance: object) => string) | null;
}

type Constructor = abstract new (...args: never[]) => object;

const known: Slotted[] = list();

export function slottedAt(prototype: object): Slotted | null {
  for (let index = 0; index < known.length; index++) {
    if (known[index]!.prototype === prototype) return known[index]!;
  }
  return null;
}

export function tellOf(name: string): Slotted["tell"] {
  for (let index = 0; index < known.length; index++) {
    if (known[index]!.name === name) return known[index]!.tell;
  }
  return null;
}

/** Makes a value global as the platform does: writable, configurable, not enumerable. */
export function publish(name: string, value: unknown): void {
  defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

/** Gives a class its name, which the bundler took, and remembers what its instances hold. */
export function nameClass(name: string, constructor: Constructor, tell: Slotted["tell"] = null): void {
  const prototype = constructor.prototype as object;
  defineProperty(constructor, "name", { value: name, configurable: true });
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  remember({ name, prototype, tell });
}

/** Of a class that the sandbox did not make. */
export function remember(slotted: Slotted): void {
  known[known.length] = slotted;
}

export function publishClass(name: string, constructor: Constructor, tell: Slotted["tell"] = null): void {
  nameClass(name, constructor, tell);
  publish(name, constructor);
}
