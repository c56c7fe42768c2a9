/**
 * A binary layout: which fields the messages of one kind have, and of what types. From it an encoder and a
 * decoder are generated once; between threads such a message costs a tenth of a general one.
 *
 *     body  | f64 … | i32 and u32 … | bool … | string: length i32, then bytes | string … |
 *
 * A string with a character above U+00FF takes two bytes a character and has its length negated (−1 − n).
 * A message that does not fit its layout (another type, one field more) is refused by the encoder and goes
 * the general way, so a wrong layout costs time and never data.
 */
import type { Reply } from "../ask.ts";
import { isObject } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { FrameMemory } from "./frame-writer.ts";

/** `reply` is the reply of the ask that the message belongs to; it takes no bytes. */
export type FieldType = "f64" | "i32" | "u32" | "bool" | "string" | "reply";

/** Fields of one kind of message, without `kind` itself. */
export type Layout = Readonly<Record<string, FieldType>>;

/** The field types that a value of this type can have. */
export type FieldTypeOf<Value> = [Value] extends [number]
  ? "f64" | "i32" | "u32"
  : [Value] extends [boolean]
    ? "bool"
    : [Value] extends [string]
      ? "string"
      : [Value] extends [Reply<never>]
        ? "reply"
        : never;

/** Layouts of some kinds of a message type, by `kind`: the type of each other field. */
export type Layouts<Message> = {
  readonly [Kind in Message extends { readonly kind: infer Kind extends string } ? Kind : never]?: {
    readonly [
      Field in Exclude<keyof Extract<Message, { readonly kind: Kind }>, "kind"> & string
    ]: FieldTypeOf<Extract<Message, { readonly kind: Kind }>[Field]>;
  };
};

export interface Codec {
  readonly kind: string;
  /** The field that holds the reply of the message's ask; null: there is none. */
  readonly replyField: string | null;
  /** Bytes that the body of `message` may need at most. */
  bound(message: object): number;
  /** @returns the bytes written, or −1 when the message does not fit the layout. */
  write(message: object, ring: FrameMemory, offset: number): number;
  read(ring: FrameMemory, offset: number, reply: unknown): unknown;
}

const FIXED_BYTES = { f64: 8, i32: 4, u32: 4, bool: 1, string: 4, reply: 0 } as const;
const ORDER: readonly FieldType[] = ["f64", "i32", "u32", "bool", "string", "reply"];

/** Of one actor type, by kind. @throws ACTOR_TYPE_INVALID */
export function checkLayouts(layouts: object): Readonly<Record<string, Layout>> {
  check(isObject(layouts), "ACTOR_TYPE_INVALID", "The layouts of an actor type are an object", layouts);
  for (const [kind, layout] of Object.entries(layouts)) checkLayout(kind, layout);
  return layouts as Readonly<Record<string, Layout>>;
}

function checkLayout(kind: string, layout: unknown): void {
  check(isObject(layout), "ACTOR_TYPE_INVALID", `The layout of ${kind} is an object`, layout);
  const fields = Object.entries(layout as Layout);
  for (const [name, type] of fields) {
    const isField = ORDER.includes(type) && name !== "kind" && name !== "__proto__";
    check(isField, "ACTOR_TYPE_INVALID", `A field of the layout of ${kind} is ${ORDER.join(", ")}`, {
      [name]: type,
    });
  }
  const replies = fields.filter(([, type]) => type === "reply");
  check(replies.length < 2, "ACTOR_TYPE_INVALID", `The layout of ${kind} has one reply at most`, layout);
}

/** @throws ACTOR_TYPE_INVALID */
export function compileLayout(kind: string, layout: Layout): Codec {
  checkLayout(kind, layout);
  const fields = Object.entries(layout).toSorted(([, a], [, b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const replies = fields.filter(([, type]) => type === "reply").map(([name]) => name);
  const strings = fields
    .filter(([, type]) => type === "string")
    .map(([name]) => `m[${JSON.stringify(name)}]`);
  const fixed = fields.reduce((sum, [, type]) => sum + FIXED_BYTES[type], 0);
  const lengths = strings.map((access) => ` + 2 * (${access}?.length ?? 0)`).join("");
  const bound = compile("m", `return ${fixed}${lengths};`) as Codec["bound"];
  const write = compile("m, ring, at", writerOf(fields), { writeString }) as Codec["write"];
  const read = compile("ring, at, reply", readerOf(kind, fields), { readString }) as Codec["read"];
  return { kind, replyField: replies[0] ?? null, bound, write, read };
}

type Fields = readonly (readonly [string, FieldType])[];

const SETTERS = { f64: "setFloat64", i32: "setInt32", u32: "setUint32" } as const;
const GETTERS = { f64: "getFloat64", i32: "getInt32", u32: "getUint32" } as const;
const CHECKS = {
  f64: (value: string) => `typeof ${value} !== "number"`,
  i32: (value: string) => `(${value} | 0) !== ${value} || Object.is(${value}, -0)`,
  u32: (value: string) => `(${value} >>> 0) !== ${value} || Object.is(${value}, -0)`,
  bool: (value: string) => `typeof ${value} !== "boolean"`,
  string: (value: string) => `typeof ${value} !== "string"`,
  reply: () => "false",
} as const;

function writerOf(fields: Fields): string {
  const lines = [
    "const { view } = ring;",
    "let keys = -1; for (const _ in m) keys++;",
    `if (keys !== ${fields.length}) return -1;`,
  ];
  fields.forEach(([name, type], index) => {
    lines.push(
      `const v${index} = m[${JSON.stringify(name)}];`,
      `if (${CHECKS[type](`v${index}`)}) return -1;`,
    );
  });
  let offset = 0;
  const strings: string[] = [];
  fields.forEach(([, type], index) => {
    if (type === "reply") return;
    if (type === "string") strings.push(`end = writeString(v${index}, view, end);`);
    else if (type === "bool") lines.push(`view.setUint8(at + ${offset}, v${index} ? 1 : 0);`);
    else lines.push(`view.${SETTERS[type]}(at + ${offset}, v${index}, true);`);
    if (type !== "string") offset += FIXED_BYTES[type];
  });
  return [...lines, `let end = at + ${offset};`, ...strings, "return end - at;"].join("\n");
}

function readerOf(kind: string, fields: Fields): string {
  const before = ["const { view, bytes } = ring;"];
  const members = [`kind: ${JSON.stringify(kind)}`];
  let offset = 0;
  fields.forEach(([name, type], index) => {
    const key = JSON.stringify(name);
    if (type === "reply") members.push(`${key}: reply`);
    else if (type === "string") {
      before.push(`const s${index} = readString(bytes, view, end); end += stringBytes(view, end);`);
      members.push(`${key}: s${index}`);
    } else if (type === "bool") members.push(`${key}: view.getUint8(at + ${offset}) === 1`);
    else members.push(`${key}: view.${GETTERS[type]}(at + ${offset}, true)`);
    if (type !== "string") offset += FIXED_BYTES[type];
  });
  return `let end = at + ${offset};\n${before.join("\n")}\nreturn { ${members.join(", ")} };`;
}

/** Only names that were checked and quoted, and our own text, come to stand in `body`. */
function compile(parameters: string, body: string, helpers: Record<string, unknown> = {}): unknown {
  const scope = { ...helpers, stringBytes };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- generated once a layout, from checked names
  const make = new Function(...Object.keys(scope), `"use strict"; return (${parameters}) => {\n${body}\n};`);
  return (make as (...values: unknown[]) => unknown)(...Object.values(scope));
}

function writeString(text: string, view: DataView, at: number): number {
  const { length } = text;
  const start = at + 4;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return writeWideString(text, view, at);
    view.setUint8(start + index, code);
  }
  view.setInt32(at, length, true);
  return start + length;
}

function writeWideString(text: string, view: DataView, at: number): number {
  view.setInt32(at, -1 - text.length, true);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(at + 4 + 2 * index, text.charCodeAt(index), true);
  }
  return at + 4 + 2 * text.length;
}

function stringBytes(view: DataView, at: number): number {
  const length = view.getInt32(at, true);
  return 4 + (length < 0 ? 2 * (-1 - length) : length);
}

function readString(bytes: Buffer, view: DataView, at: number): string {
  const length = view.getInt32(at, true);
  const start = at + 4;
  return length < 0
    ? bytes.toString("utf16le", start, start + 2 * (-1 - length))
    : bytes.toString("latin1", start, start + length);
}
