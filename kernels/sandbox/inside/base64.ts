/** The two functions of the web that devalue needs for buffers: put in their place by the bundler, since no sandbox has them. */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BITS = 6;
const BYTE_BITS = 8;

/** Base64 to a text of one character a byte. Ignores what is no digit, `=` included. */
export function atob(text: string): string {
  let bytes = "";
  let [held, bits] = [0, 0];
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) continue;
    held = ((held << BITS) | digit) & 0xffff;
    bits += BITS;
    if (bits < BYTE_BITS) continue;
    bits -= BYTE_BITS;
    bytes += String.fromCharCode((held >>> bits) & 0xff);
  }
  return bytes;
}

/** A text of one character a byte to base64, padded. */
export function btoa(bytes: string): string {
  let text = "";
  let [held, bits] = [0, 0];
  for (let index = 0; index < bytes.length; index++) {
    held = ((held << BYTE_BITS) | (bytes.charCodeAt(index) & 0xff)) & 0xffff;
    bits += BYTE_BITS;
    for (; bits >= BITS; bits -= BITS) text += DIGITS[(held >>> (bits - BITS)) & 63]!;
  }
  if (bits > 0) text += DIGITS[(held << (BITS - bits)) & 63]!;
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
