/** Argument lists as text and back, see `EncodedInput`. */
import { parse, stringify } from "devalue";
import type { EncodedInput } from "../sandbox/protocol.ts";
import { syntaxError } from "./errors.ts";

export function encodeInput(args: readonly unknown[]): EncodedInput {
  return stringify(args) as EncodedInput;
}

/** @throws INPUT_NOT_DECODABLE */
export function decodeInput(encoded: EncodedInput): unknown[] {
  let args: unknown;
  try {
    args = parse(encoded);
  } catch (cause) {
    throw syntaxError("INPUT_NOT_DECODABLE", "An encoded argument list cannot be decoded.", { cause });
  }
  if (Array.isArray(args)) return args as unknown[];
  throw syntaxError("INPUT_NOT_DECODABLE", "An encoded argument list is no array.");
}
