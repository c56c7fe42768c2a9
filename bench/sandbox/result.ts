/** What a child process of this question prints. */
export interface Result {
  readonly done: number;
  readonly seconds: number;
  /** Iterations that were proved. */
  readonly check: number;
  /** Where the answer is no duration of the whole. */
  readonly figure?: number;
  /** A second figure, which came of the same work. */
  readonly other?: number;
}
