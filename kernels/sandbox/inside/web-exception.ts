/** DOMException: an error with a name of the web's list, and that name's old number. */
import { defineProperty } from "./intrinsics.ts";
import { publish } from "./slots.ts";
import { textOf } from "./web-text.ts";

const NAMES: readonly string[] = (
  "IndexSizeError DOMStringSizeError HierarchyRequestError WrongDocumentError InvalidCharacterError " +
  "NoDataAllowedError NoModificationAllowedError NotFoundError NotSupportedError InUseAttributeError " +
  "InvalidStateError SyntaxError InvalidModificationError NamespaceError InvalidAccessError ValidationError " +
  "TypeMismatchError SecurityError NetworkError AbortError URLMismatchError QuotaExceededError TimeoutError " +
  "InvalidNodeTypeError DataCloneError"
).split(" ");

/** Name and message stand in own properties: whoever compares errors sees them. */
export class DOMException extends Error {
  constructor(message = "", options: unknown = "Error") {
    super(textOf(message));
    const detail = (typeof options === "object" && options !== null ? options : { name: options }) as {
      readonly name?: unknown;
      readonly cause?: unknown;
    };
    const hidden = { writable: true, enumerable: false, configurable: true };
    const { name = "Error" } = detail;
    defineProperty(this, "name", { value: textOf(name), ...hidden });
    if ("cause" in detail) defineProperty(this, "cause", { value: detail.cause, ...hidden });
  }

  get code(): number {
    return NAMES.indexOf(this.name) + 1;
  }
}
defineProperty(DOMException, "name", { value: "DOMException", configurable: true });

let Made: typeof DOMException = DOMException;

/** Where the runtime's own is kept (`web-native.ts`), the sandbox's parts throw that one. */
export function throwNative(native: typeof DOMException): void {
  Made = native;
}

export function domException(message: string, name: string): DOMException {
  return new Made(message, name);
}

export function installDOMException(): void {
  publish("DOMException", Made);
}
