/**
 * The canonical text of a graph of values: equal texts mean equal by Object.is for primitives, key order,
 * prototypes, property attributes, class content, aliasing and iteration order.
 *
 * The walk is depth first, in the order of writing, with its own stack: depth costs memory, never the
 * engine's stack. Every object gets the number of its first visit; where it comes again, `#number` is
 * written. No getter, `toJSON`, `toString` or iterator of the value is invoked, and no proxy is read.
 */
import { join, list, mapGet, MapOf, mapSet } from "./intrinsics.ts";
import { describe } from "./describe.ts";
import { limitOf } from "./limits.ts";
import type { Path, Visit } from "./parts.ts";
import { Incomparable, Parts, pathText, refuse } from "./parts.ts";
import { primitiveText, SymbolNames } from "./primitives.ts";
import { Lineages } from "./prototypes.ts";
import { isProxy } from "./proxies.ts";

/** Longer texts are not made: the comparison of a graph so large is refused. */
export const MAX_CANONICAL_CHARACTERS: number = 16 * 1024 * 1024;

export type Canonical =
  | { readonly comparable: true; readonly text: string }
  /** `text` says where and what. */
  | { readonly comparable: false; readonly text: string };

/**
 * @param ending how the call ended, e.g. `returned`; begins the text.
 * @param value what it ended with.
 * @param args the call's argument list after it; null when there was no call.
 */
export function canonical(ending: string, value: unknown, args: ArrayLike<unknown> | null): Canonical {
  const walk = new Walk();
  try {
    walk.write(`${ending} `);
    walk.root(value, "result");
    if (args !== null) walk.write("\narguments");
    for (let index = 0; args !== null && index < args.length; index++) {
      walk.write(index === 0 ? " " : ", ");
      walk.root(args[index], `arguments[${index}]`);
    }
    return { comparable: true, text: walk.text() };
  } catch (thrown) {
    if (thrown instanceof Incomparable) {
      return { comparable: false, text: `${pathText(thrown.path)}: ${thrown.what}` };
    }
    throw thrown as Error;
  }
}

interface Frame {
  readonly items: readonly (string | Visit)[];
  next: number;
}

class Walk {
  readonly #chunks: string[] = list();
  readonly #numbers = new MapOf<object, number>();
  readonly #symbols = new SymbolNames();
  readonly #lineages = new Lineages();
  readonly #frames: Frame[] = list();
  #depth = 0;
  #characters = 0;
  #count = 0;
  #root: Path = { parent: null, step: "" };

  root(value: unknown, name: string): void {
    this.#root = { parent: null, step: name };
    const text = primitiveText(value, this.#symbols);
    if (text !== null) {
      this.write(text);
      return;
    }
    this.#enter({ value: value as object, path: this.#root, contentTold: false });
    while (this.#depth > 0) this.#advance();
  }

  write(text: string): void {
    this.#characters += text.length;
    if (this.#characters > MAX_CANONICAL_CHARACTERS) {
      refuse(`more than ${MAX_CANONICAL_CHARACTERS} characters to compare`, this.#root);
    }
    this.#chunks[this.#chunks.length] = text;
  }

  text(): string {
    return join(this.#chunks);
  }

  #advance(): void {
    const frame = this.#frames[this.#depth - 1]!;
    if (frame.next === frame.items.length) {
      this.#depth--;
      this.#frames.length = this.#depth;
      return;
    }
    const item = frame.items[frame.next++]!;
    if (typeof item === "string") this.write(item);
    else this.#enter(item);
  }

  #enter(visit: Visit): void {
    const number = mapGet(this.#numbers, visit.value);
    if (number !== undefined) {
      this.write(`#${number}`);
      return;
    }
    mapSet(this.#numbers, visit.value, this.#count++);
    this.#frames[this.#depth++] = { items: this.#describe(visit), next: 0 };
  }

  #describe({ value, path, contentTold }: Visit): readonly (string | Visit)[] {
    const parts = new Parts(this.#symbols);
    try {
      if (isProxy(value)) refuse("a proxy", path);
      if (typeof value === "function") refuse("a function", path);
      describe(value, this.#lineages.of(value), parts, path, contentTold);
    } catch (thrown) {
      if (thrown instanceof Incomparable || limitOf(thrown) !== null) throw thrown as Error;
      refuse("an object that throws when it is read", path);
    }
    parts.close();
    return parts.items;
  }
}
