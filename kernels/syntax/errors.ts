/** The codes this room throws; README.md documents each. */
import { errorsOf } from "../../runtime/contracts/index.ts";
import type { ErrorDefinition, ErrorDetail, MyriadError } from "../../runtime/contracts/index.ts";

export type SyntaxErrorCode =
  | "SUBJECT_FILE_MISSING"
  | "SUBJECT_FILE_UNSUPPORTED"
  | "SUBJECT_EXPORT_MISSING"
  | "SUBJECT_NOT_A_FUNCTION"
  | "SUBJECT_FUNCTION_UNSUPPORTED"
  | "SUBJECT_SYNTAX_ERROR"
  | "SUBJECT_TYPE_ERROR"
  | "PROJECT_CONFIG_INVALID"
  | "BUNDLE_FAILED"
  | "BUNDLE_DYNAMIC_IMPORT"
  | "INPUTS_NOT_DERIVABLE"
  | "INPUT_NOT_DECODABLE"
  | "AUDIT_UNKNOWN_CONSTRAINT";

export const SYNTAX_ERRORS: Readonly<Record<SyntaxErrorCode, ErrorDefinition>> = {
  SUBJECT_FILE_MISSING: {
    fault: "input",
    meaning: "The subject's file does not exist or cannot be read.",
    hint: "Give the path of an existing TypeScript or JavaScript file, e.g. src/orders.ts#dedupe.",
  },
  SUBJECT_FILE_UNSUPPORTED: {
    fault: "input",
    meaning: "The subject's file is no TypeScript or JavaScript module with code in it.",
    hint: "Point at a .ts, .tsx, .mts, .cts, .js, .jsx, .mjs or .cjs file that holds the function itself.",
  },
  SUBJECT_EXPORT_MISSING: {
    fault: "input",
    meaning: "The module has no export of that name.",
    hint: "Name one of the module's exports after the #; a default export is called default.",
  },
  SUBJECT_NOT_A_FUNCTION: {
    fault: "input",
    meaning: "The export is something else than a function.",
    hint: "Point at an exported function.",
  },
  SUBJECT_FUNCTION_UNSUPPORTED: {
    fault: "input",
    meaning:
      "The export can be called, but is of a kind that is not supported: a class, a generator, a function without a body here.",
    hint: "Export a plain or async function that does the work, and point at it.",
  },
  SUBJECT_SYNTAX_ERROR: {
    fault: "input",
    meaning: "The module cannot be parsed.",
    hint: "Correct the syntax at the given place.",
  },
  SUBJECT_TYPE_ERROR: {
    fault: "input",
    meaning: "TypeScript reports an error in the subject's own file.",
    hint: "Correct the error; `npx tsc --noEmit` shows it too.",
  },
  PROJECT_CONFIG_INVALID: {
    fault: "input",
    meaning: "The tsconfig.json that governs the subject cannot be read.",
    hint: "Correct the tsconfig.json at the given place.",
  },
  BUNDLE_FAILED: {
    fault: "input",
    meaning: "The module and its imports could not be bundled into one program.",
    hint: "Correct the syntax or the import at the given place, or install the missing package.",
  },
  BUNDLE_DYNAMIC_IMPORT: {
    fault: "input",
    meaning: "The module, or one it imports, loads code by a name that is only known at run time.",
    hint: "A sandbox holds one closed program: import by a literal name.",
  },
  INPUTS_NOT_DERIVABLE: {
    fault: "input",
    meaning: "No inputs can be made from a parameter's type.",
    hint: "Give examples in the task, or a generator module: export default (random, count) => argument lists.",
  },
  INPUT_NOT_DECODABLE: {
    fault: "internal",
    meaning: "An encoded argument list is not devalue text of an array.",
    hint: "Encode argument lists with devalue's stringify.",
  },
  AUDIT_UNKNOWN_CONSTRAINT: {
    fault: "input",
    meaning: "A task names a constraint that does not exist.",
    hint: "Use one of the constraints listed in kernels/syntax/README.md.",
  },
};

export const syntaxError: (code: SyntaxErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(SYNTAX_ERRORS);
