/**
 * Errors are values with codes. Each folder declares one table of codes in its `errors.ts` and throws
 * `MyriadError`s made from it; the folder's README documents every code (a test holds the two together).
 * Class identity dies in structured clone, so an error crosses threads, processes and the CLI as a
 * `WireError`, with this one encoder and this one decoder. Nothing is ever classified by its text.
 */

/** Whose fault a failure is; the CLI derives its exit code from it. */
export type Fault = "input" | "rejected" | "internal" | "interrupted";

/** What is known of an error code before it happens. */
export interface ErrorDefinition {
  readonly fault: Fault;
  /** What it means, in one sentence; shown in the documentation. */
  readonly meaning: string;
  /** What to do about it, when nothing more particular is known. */
  readonly hint: string;
}

/** The codes of one part of the product. */
export type ErrorTable = Readonly<Record<string, ErrorDefinition>>;

/** What is known of one error only when it happens. */
export interface ErrorDetail {
  readonly hint?: string;
  /** `file:line:column`, a field of a task file, a stream: wherever the cause lies. */
  readonly location?: string;
  readonly cause?: unknown;
}

/** Everything that is thrown or rejected on purpose: tell one from another by `code`, never by its text. */
export class MyriadError extends Error {
  override readonly name: string = "MyriadError";
  readonly code: string;
  readonly fault: Fault;
  readonly hint: string | null;
  readonly location: string | null;

  constructor(code: string, fault: Fault, message: string, detail: ErrorDetail = {}) {
    super(message, "cause" in detail ? { cause: detail.cause } : undefined);
    this.code = code;
    this.fault = fault;
    this.hint = detail.hint ?? null;
    this.location = detail.location ?? null;
  }
}

/** Makes the one constructor function through which a folder throws the codes of its table. */
export function errorsOf<Table extends ErrorTable>(
  table: Table,
): (code: keyof Table & string, message: string, detail?: ErrorDetail) => MyriadError {
  return (code, message, detail = {}) => {
    const definition = table[code]!;
    return new MyriadError(code, definition.fault, message, { hint: definition.hint, ...detail });
  };
}

/** An error as data, on its way to another thread or process. */
export interface WireError {
  readonly code: string;
  readonly fault: Fault;
  readonly message: string;
  readonly hint: string | null;
  readonly location: string | null;
  readonly stack: string | null;
  readonly cause: WireError | null;
}

/** The code of anything thrown that is not a `MyriadError`. */
export const UNEXPECTED = "UNEXPECTED";

const MAX_CAUSE_DEPTH = 8;

/** Never throws, whatever was thrown: foreign errors and plain values get the code `UNEXPECTED`. */
export function encodeError(thrown: unknown, depth = 0): WireError {
  if (!(thrown instanceof Error)) {
    return plainWireError(describe(thrown));
  }
  const known = thrown instanceof MyriadError ? thrown : null;
  return {
    code: known?.code ?? UNEXPECTED,
    fault: known?.fault ?? "internal",
    message: thrown.message,
    hint: known?.hint ?? null,
    location: known?.location ?? null,
    stack: typeof thrown.stack === "string" ? thrown.stack : null,
    cause:
      thrown.cause === undefined || depth >= MAX_CAUSE_DEPTH ? null : encodeError(thrown.cause, depth + 1),
  };
}

export function decodeError(wire: WireError): MyriadError {
  const error = new MyriadError(wire.code, wire.fault, wire.message, {
    ...(wire.hint === null ? {} : { hint: wire.hint }),
    ...(wire.location === null ? {} : { location: wire.location }),
    ...(wire.cause === null ? {} : { cause: decodeError(wire.cause) }),
  });
  if (wire.stack !== null) error.stack = wire.stack;
  return error;
}

function plainWireError(message: string): WireError {
  return {
    code: UNEXPECTED,
    fault: "internal",
    message,
    hint: null,
    location: null,
    stack: null,
    cause: null,
  };
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}
