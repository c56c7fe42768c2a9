/**
 * Argument lists as text and back, by devalue. Runs while the language is still as it came: before the code
 * under test is loaded, or where nothing of it can be changed.
 */
import { DevalueError, parse, stringify } from "devalue";
import type { EncodedInput } from "../protocol.ts";

/** @throws when the text was not written by `encodeInput`. */
export function decodeInput(input: EncodedInput): unknown[] {
  const decoded: unknown = parse(input);
  if (!Array.isArray(decoded)) throw new TypeError("an encoded input is an array of arguments");
  return decoded;
}

export type Encoding =
  | { readonly encoded: EncodedInput }
  /** Where in the argument list stands what cannot be written, e.g. `[0].callback`, and what it is. */
  | { readonly refused: string; readonly path: string };

export function encodeInput(args: readonly unknown[]): Encoding {
  try {
    return { encoded: stringify(args) as EncodedInput };
  } catch (thrown) {
    if (thrown instanceof DevalueError) return { refused: thrown.message, path: thrown.path };
    throw thrown;
  }
}
