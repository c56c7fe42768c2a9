/**
 * A message that an actor was given goes on to another one, or to nobody. A question goes on as it is: whatever
 * becomes of it there, its asker is told, as if the other had been asked.
 */
import type { Ask } from "./ask.ts";
import type { Cell } from "./cell.ts";
import type { Target } from "./ref.ts";

/** Of what is refused there, too, the asker is told, or a dead letter is made. */
export function forward(cell: Cell, to: Target, message: unknown, sent: unknown): void {
  const question = takeQuestion(cell, message);
  try {
    if (question !== null) question.message = sent;
    to.post(question ?? sent);
  } catch (error) {
    bury(cell, question, message, error as Error);
  }
}

export function refuse(cell: Cell, message: unknown, error: Error): void {
  bury(cell, takeQuestion(cell, message), message, error);
}

function bury(cell: Cell, question: Ask | null, message: unknown, error: Error): void {
  cell.host.undelivered(cell, message, "refused");
  question?.fail(error);
}

/** The question that has that message: the one in hand, or one that was taken before and still waits for its reply. */
function takeQuestion(cell: Cell, message: unknown): Ask | null {
  const { dispatcher } = cell.host;
  const inHand = dispatcher.question;
  if (inHand !== null && inHand.message === message) {
    dispatcher.question = null;
    return inHand;
  }
  for (const ask of cell.extras?.unanswered ?? []) {
    if (ask.message !== message) continue;
    ask.unanswered!.delete(ask);
    ask.unanswered = null;
    return ask;
  }
  return null;
}
