/** Session ids are ULIDs: sortable by time, and their randomness is injected. */
import { isValid, ulid } from "ulid";
import type { Clock, Random } from "../../runtime/contracts/index.ts";

export type SessionId = string & { readonly brand: "SessionId" };

export function makeSessionId(clock: Clock, random: Random): SessionId {
  return ulid(clock.now(), () => random.next()) as SessionId;
}

/** null when it is not one. */
export function parseSessionId(text: string): SessionId | null {
  return isValid(text) ? (text.toUpperCase() as SessionId) : null;
}
