/** A session read back from the journal. */
import { NO_STREAM } from "../../runtime/contracts/index.ts";
import type { Journal, Revision } from "../../runtime/contracts/index.ts";
import { applyEvent, EMPTY_SESSION } from "./session-state.ts";
import type { SessionEvent, SessionState } from "./session-state.ts";

/** What the streams of all sessions begin with. */
export const SESSION_STREAMS = "session/";

export const sessionStream = (session: string): string => `${SESSION_STREAMS}${session}`;

export const sessionOf = (stream: string): string => stream.slice(SESSION_STREAMS.length);

export interface ReplayedSession {
  readonly state: SessionState;
  /** Of the last event. */
  readonly revision: Revision;
}

export async function replay(journal: Journal, session: string): Promise<ReplayedSession> {
  let state = EMPTY_SESSION;
  let revision = NO_STREAM;
  for await (const entry of journal.read(sessionStream(session))) {
    state = applyEvent(state, entry.event as SessionEvent);
    revision = entry.revision;
  }
  return { state, revision };
}

export async function replaySession(journal: Journal, session: string): Promise<SessionState> {
  return (await replay(journal, session)).state;
}
