/**
 * The language as it was before the code under test was loaded. Everything in this folder that runs after
 * that reads and writes only through these: a program that patches prototypes or globals changes its own
 * world, never what is seen of it.
 *
 * Three habits follow. Our own arrays have no prototype (`list`), so that no planted setter is met while
 * they are filled. Our own records that promises carry have no prototype either (`record`), so that no planted
 * `then` is met. And nothing here uses iteration, spreading or destructuring of arrays, since these run
 * whatever `Symbol.iterator` has become.
 */

export const apply: typeof Reflect.apply = Reflect.apply;
export const construct: typeof Reflect.construct = Reflect.construct;
export const getOwnPropertyDescriptor: typeof Reflect.getOwnPropertyDescriptor =
  Reflect.getOwnPropertyDescriptor;
export const getPrototypeOf: typeof Reflect.getPrototypeOf = Reflect.getPrototypeOf;
export const isExtensible: typeof Reflect.isExtensible = Reflect.isExtensible;
export const ownKeys: typeof Reflect.ownKeys = Reflect.ownKeys;
export const hasOwn: typeof Object.hasOwn = Object.hasOwn;
export const defineProperty: typeof Object.defineProperty = Object.defineProperty;
export const freeze: typeof Object.freeze = Object.freeze;
export const isArray: (value: unknown) => boolean = Array.isArray;
export const is: (left: unknown, right: unknown) => boolean = Object.is;
export const jsonString: (text: string) => string = JSON.stringify;
export const jsonTexts: (texts: readonly string[]) => string = JSON.stringify;
export const MapOf: MapConstructor = Map;

export type Callable = (...args: never[]) => unknown;

/** A method taken off its prototype; its receiver becomes the first parameter. Cast it to its signature. */
export function method(
  holder: object,
  key: PropertyKey,
): (self: unknown, ...parameters: readonly unknown[]) => unknown {
  const held = dataOf(holder, key) as Callable;
  return (self, ...parameters) => apply(held, self, parameters) as unknown;
}

/** A getter taken off its prototype; where this engine lacks it, one that answers `missing`. */
export function getter<Result>(holder: object, key: PropertyKey, missing: Result): (self: unknown) => Result {
  const held = getOwnPropertyDescriptor(holder, key)?.get as Callable | undefined;
  if (held === undefined) return () => missing;
  return (self) => apply(held, self, []) as Result;
}

/** The value of an own data property; undefined for an accessor, which is not invoked, and for none. */
export function dataOf(holder: object, key: PropertyKey): unknown {
  const descriptor = getOwnPropertyDescriptor(holder, key);
  return descriptor !== undefined && hasOwn(descriptor, "value") ? descriptor.value : undefined;
}

const setPrototypeOf = Object.setPrototypeOf;

const isViewOf = method(ArrayBuffer, "isView");

export function isView(value: unknown): boolean {
  return isViewOf(undefined, value) as boolean;
}

/** An empty array without a prototype: fill by index, read by index, and `length` is all it has. */
export function list<Item>(): Item[] {
  return setPrototypeOf([], null) as Item[];
}

/** Takes the prototype off a literal of ours. */
export function record<Shape extends object>(shape: Shape): Shape {
  return setPrototypeOf(shape, null) as Shape;
}

const PromiseOf = Promise;

/** A promise of ours: waiting for it runs nothing of the program's, whatever `Promise.prototype.constructor` has become. */
export function promiseOf<Value>(run: (resolve: (value: Value) => void) => void): Promise<Value> {
  return defineProperty(new PromiseOf<Value>(run), "constructor", record({ value: undefined }));
}

const joinArray = method(Array.prototype, "join") as (self: unknown, separator: string) => string;

export function join(texts: readonly string[]): string {
  return joinArray(texts, "");
}

export const mapGet = method(Map.prototype, "get") as <Key, Value>(
  map: Map<Key, Value>,
  key: Key,
) => Value | undefined;
export const mapSet: <Key, Value>(map: Map<Key, Value>, key: Key, value: Value) => void = method(
  Map.prototype,
  "set",
);
export const promiseThen: (
  promise: unknown,
  fulfilled: (value: unknown) => void,
  rejected: (reason: unknown) => void,
) => void = method(Promise.prototype, "then");

const promisePrototype: object = Promise.prototype;

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether `prototype` stands in the value's prototype chain. Runs no code but a proxy's traps. */
export function inherits(value: unknown, prototype: object): boolean {
  if (!isObject(value)) return false;
  for (let at = getPrototypeOf(value); at !== null; at = getPrototypeOf(at)) {
    if (at === prototype) return true;
  }
  return false;
}

/** Whether it inherits from the promise that came with the language. */
export function isPromise(value: unknown): boolean {
  return inherits(value, promisePrototype);
}
