/** Making a fresh module out of a program. */

/** Evaluates the bundled module anew; each call gives fresh module state. */
export type ProgramFactory = () => unknown;
export type Entry = (...args: readonly unknown[]) => unknown;

/** Null when the export is not a function. @throws whatever the module throws while it is evaluated. */
export function loadEntry(factory: ProgramFactory, name: string): Entry | null {
  const exports = factory() as Readonly<Record<string, unknown>>;
  const entry = exports[name];
  return typeof entry === "function" ? (entry as Entry) : null;
}
