/**
 * A child process or a worker thread for the tests beside it: opens the journal in the folder given as first
 * argument when it is told to. It reads commands, one a line, and prints a line for each.
 *   open      `opened`, or the code and the message of the refusal
 *   append N  `appended`, when N is durable behind what the journal holds
 *   flood     appends 0, 1, … without end; a line for each that is confirmed
 *   close     `closed`
 *   leave     ends here and now, without closing; prints nothing
 */
import { createInterface } from "node:readline";

import type { MyriadError } from "../../../runtime/contracts/index.ts";
import { openFileJournal } from "../../../storage/index.ts";
import type { FileJournal } from "../../../storage/index.ts";

const [folder = ""] = process.argv.slice(2);
const opened: FileJournal[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const [command, number] = line.split(" ");
  if (command === "open") print(await open());
  if (command === "append") await append(number).then(() => print("appended"));
  if (command === "flood") await flood();
  if (command === "close") await close();
  if (command === "leave") process.exit();
}

async function open(): Promise<string> {
  try {
    opened.push(await openFileJournal(folder));
    return "opened";
  } catch (error) {
    const { code, message } = error as MyriadError;
    return `${code} ${message}`;
  }
}

async function append(number: unknown): Promise<void> {
  const journal = opened.at(-1)!;
  await journal.append("s", await journal.revision("s"), [Number(number)]);
}

async function flood(): Promise<void> {
  for (let number = 0; ; number++) {
    await append(number);
    print(String(number));
  }
}

async function close(): Promise<void> {
  await opened.at(-1)!.close();
  print("closed");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
