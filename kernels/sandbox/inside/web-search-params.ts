/** URLSearchParams: a list of pairs, alone or as the query of a URL. */
import { jsonString } from "./intrinsics.ts";
import { decodeForm, encodeForm } from "./web-url-encode.ts";
import { scalarTextOf } from "./web-text.ts";

type Pair = [string, string];

let tellPairs: (params: object) => readonly Pair[];
/** The URL's side: where changes go, and what its query says now. */
export let bindParams: (params: URLSearchParams, changed: (query: string) => void) => void;
export let replaceParams: (params: URLSearchParams, query: string) => void;

export class URLSearchParams {
  #pairs: Pair[];
  /** Told of every change; null when it is the query of no URL. */
  #changed: ((query: string) => void) | null = null;

  constructor(init: unknown = "") {
    this.#pairs = pairsOf(init);
  }

  static {
    tellPairs = (params) => (params as URLSearchParams).#pairs;
    bindParams = (params, changed) => {
      params.#changed = changed;
    };
    replaceParams = (params, query) => {
      params.#pairs = decodeForm(query);
    };
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([scalarTextOf(name), scalarTextOf(value)]);
    this.#update();
  }

  delete(name: unknown, value?: unknown): void {
    const matches = matcher(name, value);
    this.#pairs = this.#pairs.filter((pair) => !matches(pair));
    this.#update();
  }

  get(name: unknown): string | null {
    return this.#pairs.find(matcher(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter(matcher(name)).map(([, value]) => value);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some(matcher(name, value));
  }

  set(name: unknown, value: unknown): void {
    const matches = matcher(name);
    const first = this.#pairs.findIndex(matches);
    const wanted: Pair = [scalarTextOf(name), scalarTextOf(value)];
    if (first < 0) this.#pairs.push(wanted);
    else
      this.#pairs = this.#pairs.filter((pair, index) => index <= first || !matches(pair)).with(first, wanted);
    this.#update();
  }

  /** By code units of the names; pairs of one name stay in order. */
  sort(): void {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#update();
  }

  forEach(visit: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    if (typeof visit !== "function") throw new TypeError("The callback argument must be a function");
    for (const [name, value] of this) visit.call(self, value, name, this);
  }

  *entries(): Generator<Pair, undefined> {
    for (let index = 0; index < this.#pairs.length; index++) {
      const [name, value] = this.#pairs[index]!;
      yield [name, value];
    }
    return undefined;
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name;
    return undefined;
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  [Symbol.iterator](): Generator<Pair, undefined> {
    return this.entries();
  }

  toString(): string {
    return encodeForm(this.#pairs);
  }

  #update(): void {
    this.#changed?.(this.toString());
  }
}

/** All pairs, whatever the program has made of the members of lists and arrays. */
export function tellParams(params: object): string {
  const pairs = tellPairs(params);
  let told = "";
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!;
    told += `${index === 0 ? "" : ", "}${jsonString(pair[0])}: ${jsonString(pair[1])}`;
  }
  return told;
}

/** Pairs of this name and, where one is asked for, this value. */
function matcher(name: unknown, value?: unknown): (pair: Pair) => boolean {
  const wanted = scalarTextOf(name);
  if (value === undefined) return ([held]) => held === wanted;
  const wantedValue = scalarTextOf(value);
  return ([held, heldValue]) => held === wanted && heldValue === wantedValue;
}

function pairsOf(init: unknown): Pair[] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    return decodeForm(scalarTextOf(init).replace(/^\?/, ""));
  }
  const iterator = (init as Partial<Iterable<unknown>>)[Symbol.iterator];
  if (typeof iterator === "function") return Array.from(init as Iterable<unknown>, pairOf);
  const named = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    if (typeof key === "symbol" || !Object.prototype.propertyIsEnumerable.call(init, key)) continue;
    named.set(scalarTextOf(key), scalarTextOf((init as Readonly<Record<string, unknown>>)[key]));
  }
  return [...named];
}

function pairOf(given: unknown): Pair {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) {
    throw new TypeError("Each query pair must be an iterable [name, value] tuple");
  }
  const pair = [...(given as Iterable<unknown>)];
  if (pair.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
  return [scalarTextOf(pair[0]), scalarTextOf(pair[1])];
}
