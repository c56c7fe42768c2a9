/**
 * Knowing proxies. A proxy makes what it holds when it is read: a function could return one, be timed as if it
 * had done its work, and do it when its result is compared. The language tells a proxy from no other object, so
 * the one way to make them is watched.
 */
import { defineProperty, getPrototypeOf, isObject, method } from "./intrinsics.ts";

interface Revocable {
  readonly proxy: object;
  readonly revoke: () => void;
}

const MachineProxy = Proxy;
const makeRevocable = method(Proxy, "revocable") as (
  self: unknown,
  target: object,
  handler: ProxyHandler<object>,
) => Revocable;
const made = new WeakSet<object>();
/** Most programs make none, and are asked after every call: this spares them the search. */
let someMade = false;
const add = method(WeakSet.prototype, "add") as (self: WeakSet<object>, member: object) => void;
const has = method(WeakSet.prototype, "has") as (self: WeakSet<object>, member: object) => boolean;

export function isProxy(value: object): boolean {
  return someMade && has(made, value);
}

/** Whether the value is a proxy or inherits from one. Runs no code of theirs. */
export function meetsProxy(value: unknown): boolean {
  if (!someMade) return false;
  for (let at = value; isObject(at); at = getPrototypeOf(at)) {
    if (isProxy(at)) return true;
  }
  return false;
}

function remember(proxy: object): void {
  add(made, proxy);
  someMade = true;
}

/** Puts the watched constructor in the place of the language's. Call before the code under test is loaded. */
export function installProxies(): void {
  function WatchedProxy(this: unknown, target: object, handler: ProxyHandler<object>): object {
    if ((new.target as unknown) === undefined) throw new TypeError("Constructor Proxy requires 'new'");
    const proxy = new MachineProxy(target, handler);
    remember(proxy);
    return proxy;
  }
  const revocable = (target: object, handler: ProxyHandler<object>): Revocable => {
    const pair = makeRevocable(undefined, target, handler);
    remember(pair.proxy);
    return pair;
  };
  defineProperty(WatchedProxy, "name", { value: "Proxy" });
  // A class that extends Proxy is refused for it, as ever.
  defineProperty(WatchedProxy, "prototype", { value: undefined });
  defineProperty(WatchedProxy, "revocable", { value: revocable });
  defineProperty(globalThis, "Proxy", { value: WatchedProxy });
}
