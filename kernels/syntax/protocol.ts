/**
 * The syntax kernel reads, judges and rewrites TypeScript and JavaScript modules; types come from
 * TypeScript's own checker. It never runs the code it reads.
 */
import type { EncodedInput } from "../sandbox/protocol.ts";

/** An exported function: where it stands on disk, and under which name. `default` is a name too. */
export interface FunctionRef {
  /** Absolute path. */
  readonly file: string;
  readonly exportName: string;
}

/** A module as it would be with `source` in place of the file's text; `null` means as it is on disk. */
export interface ModuleText {
  readonly ref: FunctionRef;
  readonly source: string | null;
}

export interface ParameterInfo {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly rest: boolean;
}

export interface FunctionInfo {
  readonly ref: FunctionRef;
  /** Text of the whole module. */
  readonly source: string;
  /** Text of the function's own declaration. */
  readonly functionText: string;
  /** 1-based. */
  readonly startLine: number;
  readonly endLine: number;
  readonly async: boolean;
  readonly parameters: readonly ParameterInfo[];
  readonly returnType: string;
}

export interface DeriveInputsRequest {
  readonly ref: FunctionRef;
  readonly count: number;
  readonly seed: number;
}

export interface DerivedInputs {
  readonly inputs: readonly EncodedInput[];
}

/** One application of one rule at one place. */
export interface Rewrite {
  /** Kebab-case name of the rule, e.g. `array-includes-to-set`. */
  readonly rule: string;
  /** What it does here, one sentence, e.g. "looks `id` up in a Set instead of scanning `seen`". */
  readonly description: string;
  /** 1-based line of the site in the source it was found in. */
  readonly line: number;
  /** The whole module after it. */
  readonly source: string;
}

export interface RewritesRequest {
  readonly module: ModuleText;
}

export interface AuditRequest {
  readonly subject: ModuleText;
  readonly candidate: ModuleText;
  /** Further rule ids of the task, see `kernels/syntax/README.md`. */
  readonly constraints: readonly string[];
}

export interface AuditCheck {
  /** Kebab-case, e.g. `no-new-imports`. */
  readonly rule: string;
  readonly passed: boolean;
  readonly detail: string;
  readonly line: number | null;
}

export interface SecurityFinding {
  readonly rule: string;
  readonly severity: "low" | "medium" | "high";
  readonly detail: string;
  readonly line: number | null;
}

/** Each in [0, 1]; the gate takes their mean. */
export interface ArchitectureScores {
  readonly separationOfConcerns: number;
  readonly singleResponsibility: number;
  readonly dontRepeatYourself: number;
  readonly modularity: number;
  readonly dependencyManagement: number;
}

export interface AuditReport {
  readonly checks: readonly AuditCheck[];
  readonly security: readonly SecurityFinding[];
  readonly architecture: ArchitectureScores;
  /** Share of the method that was followed, [0, 1]: parsed, typed, minimal, documented as before. */
  readonly methodologyScore: number;
}
