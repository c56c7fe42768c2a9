/**
 * A command line as people write it, cut into words: whitespace parts them, quotes and backslashes hold them
 * together as in a shell. Nothing is expanded and no shell runs, so what only a shell understands is refused.
 */
import { actorError } from "../errors.ts";

const OF_A_SHELL = /[|&;<>()$`*?[\]{}~#\n]/;
const PLAIN = /^[\w@%+=:,./-]+$/;
/** One piece of a word: 'as it is', "with \" and \\ meant as they are", an escaped character, or plain ones. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)|(\s+)/y;

/** @throws TASK_INVALID */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < line.length) {
    const match = PIECE.exec(line);
    if (match === null) throw invalid(line, "a quote is not closed");
    const [, single, double, escaped, plain] = match;
    if (plain !== undefined && OF_A_SHELL.test(plain)) {
      throw invalid(line, `${plain} is for a shell, and none runs: quote it, or give sh -c '…'`);
    }
    const piece = single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain;
    if (piece !== undefined) word = (word ?? "") + piece;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  if (word !== null) words.push(word);
  if (words.length === 0) throw invalid(line, "it has no words");
  return words;
}

/** The line that has these words. */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

function invalid(line: string, why: string): Error {
  return actorError("TASK_INVALID", `the command ${JSON.stringify(line)}: ${why}`, { location: line });
}
