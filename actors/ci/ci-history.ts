/**
 * What a state directory knows of suites: one stream of events, and the fold over it. An event is durable before
 * it has any effect, so a run that was killed goes on from what it has begun.
 */
import { NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Journal, Revision } from "../../runtime/contracts/index.ts";
import type { Look } from "../../kernels/statistics/index.ts";
import type { GitBase } from "./git-source.ts";

export interface CiRunStart {
  readonly run: string;
  readonly suite: string;
  readonly key: string;
  readonly against: GitBase;
  readonly seed: number;
  readonly fingerprint: string;
  /** Digest of every case's present program; null of one that cannot be bundled. */
  readonly programs: Readonly<Record<string, string | null>>;
}

export type CiEvent =
  | { readonly kind: "run_started"; readonly start: CiRunStart }
  | {
      readonly kind: "look_begun";
      readonly caseId: string;
      readonly look: Look;
      readonly session: string;
    }
  | {
      readonly kind: "look_ended";
      readonly caseId: string;
      readonly look: Look;
      readonly runs: number;
      readonly wallMs: number;
    }
  | { readonly kind: "run_ended" }
  | {
      readonly kind: "aa_round";
      readonly key: string;
      readonly fingerprint: string;
      readonly at: number;
      /** Cases that were called different from themselves. */
      readonly flagged: readonly string[];
    };

type AaRound = Extract<CiEvent, { readonly kind: "aa_round" }>;

export interface CiHistoryState {
  /** The last run, while it is not ended. */
  readonly unfinished: CiRunStart | null;
  /** Of the last run: `<look>/<case>` to session. */
  readonly sessions: Readonly<Record<string, string>>;
  /** What a look took last: `<look>/<case>`. */
  readonly costs: Readonly<Record<string, LookCost>>;
  readonly rounds: readonly AaRound[];
}

export interface LookCost {
  readonly runs: number;
  readonly wallMs: number;
}

export const lookKey = (look: Look, caseId: string): string => `${look}/${caseId}`;

const STREAM = "ci";
const EMPTY: CiHistoryState = { unfinished: null, sessions: {}, costs: {}, rounds: [] };

export function applyCiEvent(state: CiHistoryState, event: CiEvent): CiHistoryState {
  switch (event.kind) {
    case "run_started":
      return { ...state, unfinished: event.start, sessions: {} };
    case "look_begun":
      return {
        ...state,
        sessions: { ...state.sessions, [lookKey(event.look, event.caseId)]: event.session },
      };
    case "look_ended": {
      const { runs, wallMs } = event;
      return { ...state, costs: { ...state.costs, [lookKey(event.look, event.caseId)]: { runs, wallMs } } };
    }
    case "run_ended":
      return { ...state, unfinished: null };
    case "aa_round":
      return { ...state, rounds: [...state.rounds, event] };
  }
}

/** The one writer of the stream: its state directory has one owner, and the system runs one suite at a time. */
export class CiHistory {
  readonly #journal: Journal;
  #state: CiHistoryState = EMPTY;
  #revision: Revision = NO_STREAM;

  private constructor(journal: Journal) {
    this.#journal = journal;
  }

  static async open(journal: Journal): Promise<CiHistory> {
    const history = new CiHistory(journal);
    for await (const { event, revision } of journal.read(STREAM)) {
      history.#state = applyCiEvent(history.#state, event as CiEvent);
      history.#revision = revision;
    }
    return history;
  }

  get state(): CiHistoryState {
    return this.#state;
  }

  /** Resolves when it is durable. Await one before the next. */
  async add(event: CiEvent): Promise<void> {
    this.#revision = await this.#journal.append(STREAM, this.#revision, [event]);
    this.#state = applyCiEvent(this.#state, event);
  }
}
