/** Values as the web's interfaces take texts. */
import { method } from "./intrinsics.ts";

const concat = method(String.prototype, "concat") as (self: string, value: unknown) => string;
const wellFormed = method(String.prototype, "toWellFormed") as (self: string) => string;

/** As a template would write it. @throws TypeError for a symbol. */
export function textOf(value: unknown): string {
  return concat("", value);
}

/** The same without lone surrogates. */
export function scalarTextOf(value: unknown): string {
  return wellFormed(textOf(value));
}
