/**
 * A form of plain data in which nothing is left to MessagePack's habits: every container becomes an array
 * that begins with its tag, every odd scalar too.
 *
 *   ["o", key, value, …]           object           ["m", key, value, …]  Map
 *   ["a", length, index, value, …] array            ["s", member, …]      Set
 *   ["u", Uint16Array]             text that is not well-formed UTF-16
 *   ["z"]                          −0
 *
 * All other values stand for themselves. An object met twice is one array met twice, so sharing and
 * cycles survive.
 */
type Tagged = [string, ...unknown[]];

export function tag(value: unknown): unknown {
  return new Tagger().tag(value);
}

export function untag(value: unknown): unknown {
  return new Untagger().untag(value);
}

class Tagger {
  readonly #made = new Map<object, Tagged>();

  tag(value: unknown): unknown {
    if (typeof value === "string") return /\p{Surrogate}/u.test(value) ? ["u", codeUnits(value)] : value;
    if (Object.is(value, -0)) return ["z"];
    if (typeof value !== "object" || value === null || isScalarObject(value)) return value;
    return this.#made.get(value) ?? this.#container(value);
  }

  #container(value: object): Tagged {
    const tagged: Tagged = [tagOf(value)];
    // Remembered before its contents, or a cycle would never end.
    this.#made.set(value, tagged);
    if (Array.isArray(value)) tagged.push(value.length);
    for (const part of parts(value)) tagged.push(this.tag(part));
    return tagged;
  }
}

function tagOf(value: object): string {
  if (Array.isArray(value)) return "a";
  if (value instanceof Map) return "m";
  return value instanceof Set ? "s" : "o";
}

function* parts(value: object): Iterable<unknown> {
  if (value instanceof Set) yield* value;
  else if (value instanceof Map) for (const [key, part] of value) yield* [key, part];
  else if (Array.isArray(value)) yield* elements(value);
  else for (const [key, part] of Object.entries(value)) yield* [key, part];
}

function* elements(array: readonly unknown[]): Iterable<unknown> {
  for (let index = 0; index < array.length; index++) if (index in array) yield* [index, array[index]];
}

function isScalarObject(value: object): boolean {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return false;
  if (ArrayBuffer.isView(value) || value instanceof Date || value instanceof RegExp) return true;
  return value instanceof ArrayBuffer || value instanceof Error;
}

class Untagger {
  readonly #made = new Map<object, object>();

  untag(value: unknown): unknown {
    if (!Array.isArray(value)) return value;
    const tagged = value as Tagged;
    if (tagged[0] === "u") return textOf(tagged[1] as Uint16Array);
    if (tagged[0] === "z") return -0;
    return this.#made.get(tagged) ?? this.#container(tagged);
  }

  #container(tagged: Tagged): object {
    if (tagged[0] === "m") return this.#map(tagged);
    if (tagged[0] === "s") return this.#set(tagged);
    return tagged[0] === "a" ? this.#array(tagged) : this.#object(tagged);
  }

  #map(tagged: Tagged): object {
    const map = this.#remember(tagged, new Map<unknown, unknown>());
    for (let at = 1; at < tagged.length; at += 2) map.set(this.untag(tagged[at]), this.untag(tagged[at + 1]));
    return map;
  }

  #set(tagged: Tagged): object {
    const set = this.#remember(tagged, new Set<unknown>());
    for (let at = 1; at < tagged.length; at++) set.add(this.untag(tagged[at]));
    return set;
  }

  #array(tagged: Tagged): object {
    const array = this.#remember(tagged, new Array<unknown>(Number(tagged[1])));
    for (let at = 2; at < tagged.length; at += 2) array[Number(tagged[at])] = this.untag(tagged[at + 1]);
    return array;
  }

  #object(tagged: Tagged): object {
    const object = this.#remember(tagged, {});
    for (let at = 1; at < tagged.length; at += 2) {
      // Defined, not assigned: assigning `__proto__` would change the prototype.
      const value = this.untag(tagged[at + 1]);
      const key = String(this.untag(tagged[at]));
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  #remember<Container extends object>(tagged: Tagged, container: Container): Container {
    this.#made.set(tagged, container);
    return container;
  }
}

function codeUnits(text: string): Uint16Array {
  return Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

function textOf(units: Uint16Array): string {
  let text = "";
  for (const unit of units) text += String.fromCharCode(unit);
  return text;
}
