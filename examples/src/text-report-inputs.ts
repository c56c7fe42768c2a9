import type { Random } from "./random.ts";

const PLAIN =
  "the a of and to in report build release failed passed tests server client cache memory latency queue order " +
  "customer invoice payment retry timeout deploy rollback branch merge review comment change fix bug feature";
const ODD = ["", "__proto__", "constructor", "toString", "42", "7", "don't", "naïve", "…", "##", "END."];

/** Argument lists of `textReport`: short notes, each line a heading, a sentence or nothing. */
export function generate(random: Random, count: number): [string][] {
  return Array.from({ length: count }, (_, index) => [
    index % 15 === 0 ? random.pick(["", "\n", "#", "# ", "one", "__proto__ __proto__"]) : note(random),
  ]);
}

function note(random: Random): string {
  const lines = Array.from({ length: 6 + random.below(10) }, () => line(random));
  return lines.join("\n");
}

function line(random: Random): string {
  const kind = random.below(8);
  if (kind === 0) return "";
  const words = Array.from({ length: 3 + random.below(9) }, () => word(random));
  return kind === 1 ? `${"#".repeat(1 + random.below(7))} ${words.join(" ")}` : `${words.join(" ")}.`;
}

function word(random: Random): string {
  if (random.below(25) === 0) return random.pick(ODD);
  const plain = random.pick(PLAIN.split(" "));
  return random.below(6) === 0 ? plain.slice(0, 1).toUpperCase() + plain.slice(1) : plain;
}
