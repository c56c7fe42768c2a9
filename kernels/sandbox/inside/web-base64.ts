/** `atob` and `btoa` as the web defines them: strict about what is no base64 and no byte. */
import * as loose from "./base64.ts";
import { publish } from "./slots.ts";
import { domException, installDOMException } from "./web-exception.ts";
import type { DOMException } from "./web-exception.ts";
import { textOf } from "./web-text.ts";

function invalidCharacter(message: string): DOMException {
  return domException(message, "InvalidCharacterError");
}

export function decodeBase64(data: unknown): string {
  let text = textOf(data).replace(/[\t\n\f\r ]+/g, "");
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, "");
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
    throw invalidCharacter("The string to be decoded is not correctly encoded.");
  }
  return loose.atob(text);
}

export function encodeBase64(data: unknown): string {
  const bytes = textOf(data);
  for (let index = 0; index < bytes.length; index++) {
    if (bytes.charCodeAt(index) > 0xff) throw invalidCharacter("Invalid character");
  }
  return loose.btoa(bytes);
}

export function installBase64(): void {
  installDOMException();
  publish("atob", function atob(data: unknown) {
    return decodeBase64(data);
  });
  publish("btoa", function btoa(data: unknown) {
    return encodeBase64(data);
  });
}
