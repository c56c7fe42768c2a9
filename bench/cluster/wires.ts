/** What the bench's raw clients put into a message by hand: the fields of the actors' messages, and no more. */

const TEXT_AT = 4;

/** A question: its number, then its text. */
export function questionBytes(id: number, text: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(TEXT_AT + text.length);
  bytes.writeUInt32LE(id, 0);
  bytes.write(text, TEXT_AT, "latin1");
  return bytes;
}

/** The answer that a question must get. */
export function answerTo(question: Uint8Array): number {
  const bytes = Buffer.from(question.buffer, question.byteOffset, question.length);
  return bytes.readUInt32LE(0) + bytes.toString("latin1", TEXT_AT).length;
}

export function addBytes(id: number, value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32LE(id, 0);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

export function valueOf(add: Uint8Array): number {
  return Buffer.from(add.buffer, add.byteOffset, add.length).readUInt32LE(4);
}

export function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value, 0);
  return bytes;
}

export function numberIn(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readDoubleLE(0);
}
