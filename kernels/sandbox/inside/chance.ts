/**
 * Chance and time as the code under test sees them: a seeded `Math.random`, a `Date` (and a date format) that
 * stands still but for the virtual clock, and a console that says nothing. Installed once, before the code under test is loaded; started
 * anew for a run.
 */
import { seededRandom } from "../../../runtime/contracts/random.ts";
import type { Random } from "../../../runtime/contracts/random.ts";
import type { SandboxSeed } from "../protocol.ts";
import { construct, dataOf, defineProperty, freeze, getter, method } from "./intrinsics.ts";
import type { Callable } from "./intrinsics.ts";
import { elapsedMs } from "./virtual-clock.ts";

/** @returns starts chance anew from the same seed. */
export function installChance(seed: SandboxSeed): () => void {
  let random: Random = seededRandom(seed.random);
  replace(Math, "random", () => random.next());
  installDate(seed.epochMs);
  installDateFormat(seed.epochMs);
  installConsole();
  return () => {
    random = seededRandom(seed.random);
  };
}

function replace(holder: object, key: string, value: unknown): void {
  defineProperty(holder, key, { value, writable: true, enumerable: false, configurable: true });
}

function installDate(epochMs: number): void {
  const MachineDate = Date;
  const nowMs = (): number => epochMs + elapsedMs();
  const show = method(MachineDate.prototype, "toString");
  function FrozenDate(this: unknown, ...parts: unknown[]): unknown {
    const made = new.target as Callable | undefined;
    if (made === undefined) return show(new MachineDate(nowMs()));
    return construct(MachineDate, parts.length === 0 ? [nowMs()] : parts, made);
  }
  replace(FrozenDate, "name", "Date");
  replace(FrozenDate, "length", 7);
  replace(FrozenDate, "now", nowMs);
  replace(FrozenDate, "parse", MachineDate.parse);
  replace(FrozenDate, "UTC", MachineDate.UTC);
  defineProperty(FrozenDate, "prototype", { value: MachineDate.prototype, writable: false });
  replace(MachineDate.prototype, "constructor", FrozenDate);
  replace(globalThis, "Date", FrozenDate);
}

/** Without a date, `Intl.DateTimeFormat` formats the machine's own time. */
function installDateFormat(epochMs: number): void {
  const Format = dataOf(dataOf(globalThis, "Intl") ?? {}, "DateTimeFormat") as
    typeof Intl.DateTimeFormat | undefined;
  if (Format === undefined) return;
  const prototype = Format.prototype;
  const formatOf = getter<(date: unknown) => string>(prototype, "format", String);
  const formatToParts = method(prototype, "formatToParts");
  defineProperty(prototype, "format", {
    get(this: unknown) {
      const format = formatOf(this);
      return (date: unknown) => format(date === undefined ? epochMs + elapsedMs() : date);
    },
  });
  replace(prototype, "formatToParts", function (this: unknown, date: unknown) {
    return formatToParts(this, date === undefined ? epochMs + elapsedMs() : date);
  });
}

const consoleMethods: readonly string[] = (
  "assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log profile " +
  "profileEnd table time timeEnd timeLog timeStamp trace warn"
).split(" ");

function installConsole(): void {
  const silent: Record<string, () => void> = {};
  for (const name of consoleMethods) silent[name] = () => undefined;
  replace(globalThis, "console", freeze(silent));
}
