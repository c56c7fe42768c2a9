/** What is known of the standard library's functions. Absent means unknown, and unknown is not used. */

/** Read the array, never change it, never throw by themselves; callbacks are judged apart. */
export const ARRAY_READERS: ReadonlySet<string> = new Set(
  (
    "at concat entries every filter find findIndex findLast findLastIndex flat flatMap forEach includes indexOf " +
    "join keys lastIndexOf map reduce reduceRight slice some toReversed toSorted toSpliced values with"
  ).split(" "),
);

export const ARRAY_WRITERS: ReadonlySet<string> = new Set(
  "copyWithin fill pop push reverse shift sort splice unshift".split(" "),
);

/** Methods that call back once an element. */
export const ARRAY_ITERATORS: ReadonlySet<string> = new Set(
  "every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some sort toSorted".split(
    " ",
  ),
);

/** Throw for some arguments; not used where an exception would move. */
export const STRING_THROWERS: ReadonlySet<string> = new Set(
  "normalize repeat padStart padEnd replaceAll matchAll".split(" "),
);

export const COLLECTION_READERS: ReadonlySet<string> = new Set(
  "entries forEach get has keys values".split(" "),
);

export const COLLECTION_WRITERS: ReadonlySet<string> = new Set("add clear delete set".split(" "));

/** Pure for primitive arguments, and cannot throw for them. */
export const PURE_GLOBAL_FUNCTIONS: ReadonlySet<string> = new Set(
  "Boolean Number String isFinite isNaN parseFloat parseInt".split(" "),
);

/** `Owner.name`: pure for data of the declared types, and cannot throw for it. */
export const PURE_STATICS: ReadonlySet<string> = new Set([
  ..."abs acos asin atan atan2 cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log10 log1p log2 max min pow round sign sin sinh sqrt tan tanh trunc"
    .split(" ")
    .map((name) => `Math.${name}`),
  ..."isFinite isInteger isNaN isSafeInteger parseFloat parseInt".split(" ").map((name) => `Number.${name}`),
  ..."entries fromEntries hasOwn is keys values".split(" ").map((name) => `Object.${name}`),
  "Array.from",
  "Array.isArray",
  "Array.of",
  "Date.parse",
  "String.fromCharCode",
]);

/** Methods of arrays, strings and `Object` whose result is a new object each time. */
export const FRESH_METHODS: ReadonlySet<string> = new Set(
  "concat entries filter flat flatMap from fromEntries keys map of slice split toReversed toSorted toSpliced values".split(
    " ",
  ),
);

/** Give their receiver back. */
export const SELF_RETURNING: ReadonlySet<string> = new Set("add copyWithin fill reverse set sort".split(" "));
