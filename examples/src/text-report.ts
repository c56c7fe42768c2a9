/** Numbers about a text: what a search index or an editor's side bar shows of it. */
export interface TextReport {
  readonly words: number;
  readonly distinct: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly longest: number;
  readonly headings: readonly string[];
}

const STOP_WORDS = [
  "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "but",
  "by", "can", "could", "do", "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if",
  "in", "into", "is", "it", "its", "just", "like", "me", "more", "most", "my", "no", "not", "of", "on", "one",
  "or", "our", "out", "over", "she", "so", "some", "than", "that", "the", "their", "them", "then", "there",
  "these", "they", "this", "to", "up", "was", "we", "were", "what", "when", "which", "who", "will", "with",
];

export function textReport(text: string): TextReport {
  const words = wordsOf(text);
  const counts = words.reduce<Record<string, number>>(
    (known, word) => ({ ...known, [word]: (known[word] ?? 0) + 1 }),
    {},
  );
  return {
    words: words.length,
    distinct: words.filter((word, index) => words.indexOf(word) === index).length,
    counts,
    longest: Math.max(0, ...words.map((word) => word.length)),
    headings: headingsOf(text),
  };
}

/** In lower case, without punctuation and without words that say nothing. */
function wordsOf(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line) => line.toLowerCase().split(" "))
    .map((word) => word.replace(new RegExp("[^a-z0-9_']", "g"), ""))
    .filter((word) => word.length > 0)
    .filter((word) => !STOP_WORDS.includes(word));
}

/** Lines that start with `#`, innermost last. */
function headingsOf(text: string): string[] {
  let headings: string[] = [];
  for (const line of text.split("\n")) {
    const marker = line.split(" ")[0] ?? "";
    if (new RegExp("^#{1,6}$").test(marker)) headings = headings.concat([line.slice(marker.length + 1)]);
  }
  return headings;
}
