/** What the JSON Schemas of the documents are built of. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: "string" };
export const number: Schema = { type: "number" };
export const count: Schema = { type: "integer", minimum: 0 };
export const flag: Schema = { type: "boolean" };
export const share: Schema = { type: "number", minimum: 0, maximum: 1 };
export const texts: Schema = { type: "array", items: text };
export const interval: Schema = {
  type: "array",
  prefixItems: [number, number],
  minItems: 2,
  maxItems: 2,
};

export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
export const list = (items: Schema): Schema => ({ type: "array", items });
/** Every named property is required; others may be added by later versions. */
export const record = (
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: "object",
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});
