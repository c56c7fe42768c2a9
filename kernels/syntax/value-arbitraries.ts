/**
 * Plain values for one profile of inputs. A number or string that stands alone among the arguments often steers
 * a loop or a recursion, so it stays small enough for the slowest sane function; inside collections anything
 * goes. Words that are also members of Object.prototype, and words that look like integers, are among the
 * strings on purpose: objects used as maps treat them differently from Map.
 */
import fc from "fast-check";

/** What one kind of input looks like. */
export interface Profile {
  /** Elements of a collection among the arguments: up to 8, 20–300, about 1,000. */
  readonly size: "small" | "medium" | "large";
  /** Whether values repeat much or hardly. */
  readonly variety: "low" | "high";
  /** What a type parameter without a constraint stands for. */
  readonly free: "number" | "string";
  /** The function calls itself: numbers that stand alone stay below 20. */
  readonly recursive: boolean;
}

/** `level` counts the collections around a value: 0 stands among the arguments or in an object among them. */
export interface Place {
  readonly profile: Profile;
  readonly level: number;
}

export interface LengthRange {
  readonly minLength: number;
  readonly maxLength: number;
}

export function collectionLength({ profile, level }: Place): LengthRange {
  if (level >= 3) return { minLength: 0, maxLength: 1 };
  if (level === 2) return { minLength: 0, maxLength: 3 };
  if (level === 1) return { minLength: 0, maxLength: { small: 4, medium: 12, large: 6 }[profile.size] };
  return {
    small: { minLength: 0, maxLength: 8 },
    medium: { minLength: 20, maxLength: 300 },
    large: { minLength: 900, maxLength: 1100 },
  }[profile.size];
}

export function numbers(place: Place): fc.Arbitrary<number> {
  return place.level === 0 ? steeringNumbers(place.profile) : elementNumbers(place.profile);
}

function steeringNumbers({ size, recursive }: Profile): fc.Arbitrary<number> {
  const most = recursive ? 19 : { small: 20, medium: 200, large: 2000 }[size];
  return fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: most }) },
    { weight: 2, arbitrary: fc.integer({ min: -10, max: -1 }) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: -80, max: 4 * Math.min(most, 20) }).map((quarters) => quarters / 4),
    },
    { weight: 1, arbitrary: fc.constantFrom(NaN, -0, 0.1) },
  );
}

const EDGE_NUMBERS = [
  NaN,
  -0,
  Infinity,
  -Infinity,
  0.1 + 0.2,
  1e21,
  5e-324,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
] as const;

function elementNumbers({ size, variety }: Profile): fc.Arbitrary<number> {
  if (variety === "low") {
    const few = fc.integer({ min: 0, max: size === "small" ? 4 : 19 });
    return fc.oneof({ weight: 30, arbitrary: few }, { weight: 1, arbitrary: fc.constantFrom(NaN, -0) });
  }
  return fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -10_000, max: 10_000 }) },
    { weight: 6, arbitrary: fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100) },
    { weight: size === "small" ? 4 : 1, arbitrary: fc.constantFrom(...EDGE_NUMBERS) },
  );
}

export function bigints(place: Place): fc.Arbitrary<bigint> {
  const small = fc.integer({ min: -2, max: place.profile.recursive ? 19 : 200 }).map(BigInt);
  return place.level === 0
    ? small
    : fc.oneof(
        { weight: 4, arbitrary: small },
        { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }) },
      );
}

const FEW_WORDS = ["a", "b", "ab", "B", "id", "x1", "constructor", ""] as const;
const EDGE_STRINGS = [
  "",
  " ",
  "0",
  "1",
  "01",
  "-1",
  "1e3",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "NaN",
  "null",
  "é",
  "e\u0301",
  "ß",
  "İ",
  "😀",
  "👩‍👩‍👧",
  "\u0000",
  "\n",
  "\t",
  "\\",
  '"',
  "'",
  "$&",
  "a.b*c",
  "\ud800",
  "ﬁ",
  "١",
] as const;

const WORD = fc.string({
  unit: fc.constantFrom(...Array.from("etaoinshrdluETAOIN0123456789")),
  minLength: 1,
  maxLength: 8,
});

export function strings({ profile, level }: Place): fc.Arbitrary<string> {
  if (level === 0 && profile.size !== "small") return texts(profile);
  const plain = profile.variety === "low" ? fc.constantFrom(...FEW_WORDS) : WORD;
  const odd = fc.oneof(fc.constantFrom(...EDGE_STRINGS), fc.string({ unit: "grapheme-ascii", maxLength: 5 }));
  const line = fc.array(fc.oneof(plain, odd), { maxLength: 4 }).map((words) => words.join(" "));
  return fc.oneof(
    { weight: 12, arbitrary: plain },
    { weight: profile.size === "small" ? 5 : 1, arbitrary: odd },
    { weight: profile.size === "small" ? 3 : 0, arbitrary: line },
  );
}

/** Running text: words, blanks, punctuation, line ends, numbers, now and then something from far away. */
function texts({ size, variety }: Profile): fc.Arbitrary<string> {
  const word = variety === "low" ? fc.constantFrom(...FEW_WORDS) : WORD;
  const piece = fc.oneof(
    { weight: 40, arbitrary: word },
    { weight: 1, arbitrary: fc.constantFrom(...EDGE_STRINGS) },
  );
  const gap = fc.constantFrom(" ", " ", " ", " ", ", ", ". ", "\n", "  ", "-", ": ");
  const length = size === "medium" ? { minLength: 5, maxLength: 80 } : { minLength: 500, maxLength: 1000 };
  return fc
    .array(fc.tuple(piece, gap), length)
    .map((pairs) => pairs.map(([left, right]) => left + right).join(""));
}

/** Property names of a dictionary. `__proto__` is left out: no encoding carries it as an own property. */
export function keys(place: Place): fc.Arbitrary<string> {
  return strings({ ...place, level: place.level + 1 }).filter((key) => key !== "__proto__");
}

export function dates(): fc.Arbitrary<Date> {
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
    },
    {
      weight: 4,
      arbitrary: fc.integer({ min: 18_000, max: 18_020 }).map((day) => new Date(day * 86_400_000)),
    },
    { weight: 1, arbitrary: fc.constantFrom(NaN, -1, 8.64e15).map((time) => new Date(time)) },
  );
}
