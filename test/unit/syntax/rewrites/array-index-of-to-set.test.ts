import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEquivalent, assertLeavesAlone, assertRewrites, oddNumber, oddWord } from "./rewriting.ts";

const rule = "array-index-of-to-set";

/** In the manner of an old npm package: plain JavaScript, a parameter that grows. */
const union = `exports.f = function (list) {
  if (!Array.isArray(list)) {
    throw new TypeError("no array");
  }
  for (var i = 1; i < arguments.length; i++) {
    var more = arguments[i];
    for (var j = 0; j < more.length; j++) {
      var one = more[j];
      if (list.indexOf(one) >= 0) {
        continue;
      }
      list.push(one);
    }
  }
  return list;
};
`;

describe(rule, () => {
  it("keeps what indexOf makes of NaN and of holes in plain JavaScript", () => {
    assertRewrites(
      rule,
      union,
      `exports.f = function (list) {
  if (!Array.isArray(list)) {
    throw new TypeError("no array");
  }
  const listSet = new Set(list.filter(() => true));
  for (var i = 1; i < arguments.length; i++) {
    var more = arguments[i];
    for (var j = 0; j < more.length; j++) {
      var one = more[j];
      if (!Number.isNaN(one) && listSet.has(one)) {
        continue;
      }
      list.push(one);
      listSet.add(one);
    }
  }
  return list;
};
`,
      "cjs",
    );
  });

  it("does the same for every value, with the arguments changed alike", () => {
    const value = fc.oneof(oddNumber, oddWord, fc.constantFrom(undefined, null, true));
    const list = fc.sparseArray(value, { maxNumElements: 6, maxLength: 8 });
    assertEquivalent(rule, union, fc.tuple(list, fc.array(value), fc.array(value)), "cjs");
    assertEquivalent(rule, union, fc.tuple(fc.constant("no array")), "cjs");
  });

  it("asks for no NaN where strings are compared", () => {
    assertRewrites(
      rule,
      "export const f = (all: string[], some: string[]) => all.filter((one) => some.indexOf(one) === -1);\n",
      `export const f = (all: string[], some: string[]) => {
  const someSet = new Set(some);
  return all.filter((one) => !someSet.has(one));
};
`,
    );
  });

  it("knows every way to ask for membership", () => {
    const value = fc.tuple(fc.array(oddNumber), fc.array(oddNumber));
    for (const test of ["=== -1", "== -1", "!== -1", "!= -1", ">= 0", "> -1", "< 0"]) {
      const source = `export const f = (all: number[], some: number[]) => all.map((one) => one > 9 || some.indexOf(one) ${test});`;
      assertEquivalent(rule, source, value);
    }
  });

  it("leaves positions alone, and comparisons with other numbers", () => {
    for (const use of ["", " + 1", " > 0", " === 1", " <= 0"]) {
      assertLeavesAlone(
        rule,
        `export const f = (all: number[], some: number[]) => all.map((one) => some.indexOf(one)${use});`,
      );
    }
  });

  it("leaves a value alone that may be NaN and cannot be written twice", () => {
    assertLeavesAlone(
      rule,
      "export const f = (all: number[], some: number[], g: (n: number) => number) => all.map((one) => some.indexOf(one * 2) < 0);",
    );
  });

  it("leaves a parameter alone that is not proved an array before the loop", () => {
    assertLeavesAlone(
      rule,
      "exports.f = function (all, some) { return [1].map((one) => Array.isArray(some) && some.indexOf(one) < 0); };",
      "cjs",
    );
  });
});
