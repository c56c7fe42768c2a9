/**
 * What the runtime itself has of the web and computes with alone: kept where time is measured, so that what is timed
 * is the platform's code and not a stand-in for it. Frozen with the language; what leads beyond it is removed.
 */
import { dataOf, getter, jsonTexts, method, ownKeys } from "./intrinsics.ts";
import { publish, remember } from "./slots.ts";
import type { Slotted } from "./slots.ts";
import { throwNative } from "./web-exception.ts";
import type { DOMException } from "./web-exception.ts";

const deleteProperty: typeof Reflect.deleteProperty = Reflect.deleteProperty;
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** Of URL; its others know blobs. */
const PURE_STATICS: ReadonlySet<PropertyKey> = new Set(["canParse", "parse", "prototype", "name", "length"]);

function prototypeOf(name: string): object | null {
  const constructor = dataOf(globalThis, name);
  return typeof constructor === "function" ? (dataOf(constructor, "prototype") as object) : null;
}

const NAMES: readonly string[] =
  "URL URLSearchParams TextEncoder TextDecoder structuredClone atob btoa DOMException".split(" ");

type Tell = (prototype: object) => Slotted["tell"];

const TOLD: readonly (readonly [string, Tell])[] = [
  ["URL", (prototype) => getter(prototype, "href", "")],
  ["URLSearchParams", (prototype) => method(prototype, "toString") as (params: object) => string],
  ["TextEncoder", (prototype) => getter(prototype, "encoding", "utf-8")],
  ["TextDecoder", () => null],
  ["DOMException", tellException],
];

function tellException(prototype: object): (exception: object) => string {
  const name = getter(prototype, "name", "");
  const message = getter(prototype, "message", "");
  return (exception) => jsonTexts([name(exception), message(exception)]);
}

/** Runtimes make some of these when they are first asked for: as values they can be frozen. */
function settle(): void {
  const globals = globalThis as unknown as Readonly<Record<string, unknown>>;
  for (const name of NAMES) if (globals[name] !== undefined) publish(name, globals[name]);
}

export function installNative(): void {
  settle();
  for (const [name, tell] of TOLD) {
    const prototype = prototypeOf(name);
    if (prototype === null) continue;
    deleteProperty(prototype, INSPECT);
    remember({ name, prototype, tell: tell(prototype) });
  }
  const url = dataOf(globalThis, "URL");
  if (typeof url === "function") {
    for (const key of ownKeys(url)) if (!PURE_STATICS.has(key)) deleteProperty(url, key);
  }
  const exception = dataOf(globalThis, "DOMException");
  if (typeof exception === "function") throwNative(exception as typeof DOMException);
}
