/**
 * Writes small typed functions out of what the rewrite rules look for, and out of what stands in their way: names
 * that collide, aliases, early exits, writes where nobody expects them. What it writes type-checks, runs on arrays
 * of any length, and comes to an end; it need not make sense.
 */
import fc from "fast-check";

export const ROW_TYPE = "interface Row { id: string; at: number; tags: string[] }";
export const PARAMETERS = "nums: number[], words: string[], rows: Row[], n: number";

/** Inputs for the parameters. */
export const input: fc.Arbitrary<[number[], string[], { id: string; at: number; tags: string[] }[], number]> =
  fc.tuple(
    fc.array(fc.constantFrom(0, 1, 2, -1, NaN, -0, 3), { maxLength: 4 }),
    fc.array(fc.constantFrom("a", "b", "", "__proto__", "a,b", "B"), { maxLength: 4 }),
    fc.array(
      fc.record(
        {
          id: fc.constantFrom("a", "b", "", "__proto__", "B"),
          at: fc.constantFrom(0, 1, -1, NaN, 5),
          tags: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom(0, 1, 2, -1, 9),
  );

type Kind = "num" | "str" | "row" | ListKind;
type ListKind = "nums" | "words" | "rows";

interface Known {
  readonly name: string;
  /** `hidden`: taken, and not to be mentioned. */
  readonly kind: Kind | "hidden";
  readonly grows: boolean;
}

/** The names that rules make up, so that they meet them. */
const NAMES =
  "one value largest smallest key head all copy x y seen list out byId wordsSet numsSet index".split(" ");

export class ProgramWriter {
  readonly #choose: (count: number) => number;
  #scope: readonly Known[] = [];
  #loops = 0;

  /** `choose` gives a number below the one that it is given, and so decides what is written. */
  constructor(choose: (count: number) => number) {
    this.#choose = choose;
  }

  /** `export function name(…) {…}` */
  functionText(name: string): string {
    this.#scope = [
      { name: "nums", kind: "nums", grows: false },
      { name: "words", kind: "words", grows: false },
      { name: "rows", kind: "rows", grows: false },
      { name: "n", kind: "num", grows: false },
    ];
    const body = this.#block(2);
    // Copies: a list that is handed on is left alone by most rules.
    const given = this.#scope.map(({ name: one, kind, grows }) =>
      grows && /s$/.test(kind) ? `[...${one}]` : one,
    );
    return `export function ${name}(${PARAMETERS}): unknown {\n${body}\nreturn [${given.join(", ")}, ${this.#any(2)}];\n}\n`;
  }

  #pick<Item>(...items: readonly Item[]): Item {
    return items[this.#choose(items.length)]!;
  }

  #run(...choices: readonly (() => string)[]): string {
    return this.#pick(...choices)();
  }

  #known(kind: Kind): string {
    const names = this.#scope.filter((one) => one.kind === kind).map((one) => one.name);
    return names.length === 0 ? this.#constant(kind) : this.#pick(...names);
  }

  #constant(kind: Kind): string {
    const texts = {
      num: "1",
      str: '"a"',
      nums: "[1, 2]",
      words: '["a", "b"]',
      rows: "[...rows]",
      row: '({ id: "a", at: 1, tags: ["b"] })',
    };
    return texts[kind];
  }

  #fresh(): string {
    const free = NAMES.filter((name) => this.#scope.every((one) => one.name !== name));
    return this.#pick(...free);
  }

  /** `write`, with a name of that kind in scope. */
  #with(kind: Kind, write: (name: string) => string, grows = false): string {
    const before = this.#scope;
    const name = this.#fresh();
    this.#scope = [...before, { name, kind, grows }];
    const text = write(name);
    this.#scope = before;
    return text;
  }

  /** Of a list, which does not know the name. */
  #over(list: string, kind: Kind, write: (list: string, name: string) => string): string {
    return this.#with(kind, (name) => write(list, name));
  }

  #any(depth: number): string {
    return this.#run(
      () => this.#num(depth),
      () => this.#str(depth),
      () => this.#bool(depth),
      () => this.#nums(depth),
      () => this.#words(depth),
      () => this.#rows(depth),
      () => this.#record(depth),
      () =>
        `JSON.parse(JSON.stringify(${this.#pick(this.#rows(depth - 1), this.#nums(depth - 1), "rows[n]!")}))`,
    );
  }

  #num(depth: number): string {
    if (depth <= 0) return this.#pick("0", "1", "n", this.#known("num"), `${this.#known("row")}.at`);
    const less = depth - 1;
    const extreme = this.#pick("max", "min");
    return this.#run(
      () => `(${this.#num(less)} + ${this.#num(less)})`,
      () => `${this.#str(less)}.length`,
      () => `${this.#nums(less)}.length`,
      () => `new Set(${this.#words(less)}).size`,
      () => `[...new Set(${this.#nums(less)})].length`,
      () => `${this.#nums(less)}.indexOf(${this.#num(less)})`,
      () => `Math.${extreme}(...${this.#nums(less)})`,
      () => `Math.${extreme}(${this.#pick("0", "7")}, ...${this.#nums(less)})`,
      () => `Math.${extreme}(...(${this.#nums(less)} ?? []))`,
      () =>
        this.#over(
          this.#nums(less),
          "num",
          (list, sum) => `${list}.reduce((${sum}, x0) => ${sum} + x0 + ${this.#num(less)}, 0)`,
        ),
      () => `(${this.#bool(less)} ? ${this.#num(less)} : ${this.#num(less)})`,
      () => `(${this.#nums(less)}[${this.#num(less)}] ?? 0)`,
    );
  }

  #str(depth: number): string {
    if (depth <= 0) return this.#pick('"a"', '"__proto__"', this.#known("str"), `${this.#known("row")}.id`);
    const less = depth - 1;
    return this.#run(
      () => `(${this.#str(less)} + ${this.#str(less)})`,
      () => `${this.#str(less)}.toLowerCase()`,
      () => `${this.#words(less)}.join(",")`,
      () => `(${this.#words(less)}[0] ?? "")`,
      () => `${this.#str(less)}.split(",")[0]!`,
      () => `${this.#str(less)}.replace(new RegExp("a", "g"), "c")`,
      () => `(${this.#bool(less)} ? ${this.#str(less)} : ${this.#str(less)})`,
      () =>
        this.#over(
          this.#rows(less),
          "row",
          (list, row) => `(${list}.find((${row}) => ${this.#bool(less)})?.id ?? "none")`,
        ),
    );
  }

  #bool(depth: number): string {
    if (depth <= 0) return this.#pick("true", `${this.#num(0)} > 0`, `${this.#str(0)} === ${this.#str(0)}`);
    const less = depth - 1;
    return this.#run(
      () => `${this.#nums(less)}.includes(${this.#num(less)})`,
      () => `${this.#words(less)}.includes(${this.#str(less)})`,
      () => `${this.#nums(less)}.indexOf(${this.#num(less)}) ${this.#pick("!==", "===")} -1`,
      () => `${this.#words(less)}.indexOf(${this.#str(less)}) ${this.#pick(">= 0", "< 0")}`,
      () =>
        this.#over(
          this.#rows(less),
          "row",
          (list, row) => `${list}.some((${row}) => ${row}.id === ${this.#str(less)})`,
        ),
      () =>
        this.#over(
          this.#nums(less),
          "num",
          (list, num) => `${list}.some((${num}) => ${num} === ${this.#num(less)})`,
        ),
      () =>
        this.#over(
          this.#rows(less),
          "row",
          (list, row) => `${list}.filter((${row}) => ${this.#bool(less)}).length > 0`,
        ),
      () => `!(${this.#bool(less)})`,
      () => `(${this.#bool(less)} ${this.#pick("&&", "||")} ${this.#bool(less)})`,
      () => `/a/.test(${this.#str(less)})`,
      () => `${this.#num(less)} < ${this.#num(less)}`,
    );
  }

  #nums(depth: number): string {
    if (depth <= 0) return this.#known("nums");
    const less = depth - 1;
    return this.#run(
      () => this.#known("nums"),
      () => this.#over(this.#nums(less), "num", (list, num) => `${list}.map((${num}) => ${this.#num(less)})`),
      () =>
        this.#over(this.#nums(less), "num", (list, num) => `${list}.filter((${num}) => ${this.#bool(less)})`),
      () =>
        this.#over(
          this.#nums(less),
          "num",
          (list, num) => `${list}.flatMap((${num}) => [${num}, ${this.#num(less)}])`,
        ),
      () => this.#over(this.#rows(less), "row", (list, row) => `${list}.map((${row}) => ${this.#num(less)})`),
      () => `[...${this.#nums(less)}, ${this.#num(less)}]`,
      () => `(${this.#bool(less)} ? ${this.#nums(less)} : [${this.#num(less)}])`,
      () => `Object.entries(${this.#record(less)}).map(([, x0]) => x0)`,
      () => this.#unique(this.#known("nums")),
      () => this.#accumulated(less),
    );
  }

  #words(depth: number): string {
    if (depth <= 0) return this.#known("words");
    const less = depth - 1;
    return this.#run(
      () => this.#known("words"),
      () =>
        this.#over(this.#words(less), "str", (list, str) => `${list}.map((${str}) => ${this.#str(less)})`),
      () =>
        this.#over(
          this.#words(less),
          "str",
          (list, str) => `${list}.filter((${str}) => ${this.#bool(less)})`,
        ),
      () => this.#over(this.#rows(less), "row", (list, row) => `${list}.map((${row}) => ${this.#str(less)})`),
      () => this.#over(this.#rows(less), "row", (list, row) => `${list}.flatMap((${row}) => ${row}.tags)`),
      () => `Object.entries(${this.#record(less)}).map(([x0]) => x0)`,
      () => `[...new Set(${this.#words(less)})]`,
      () => this.#unique(this.#known("words")),
    );
  }

  #unique(list: string): string {
    return `${list}.filter((x0, i0) => ${list}.indexOf(x0) === i0)`;
  }

  #rows(depth: number): string {
    if (depth <= 0) return this.#known("rows");
    const less = depth - 1;
    return this.#run(
      () => this.#known("rows"),
      () =>
        this.#over(this.#rows(less), "row", (list, row) => `${list}.filter((${row}) => ${this.#bool(less)})`),
      () =>
        this.#over(
          this.#rows(less),
          "row",
          (list, row) => `${list}.filter((${row}) => ${row}.id === ${this.#str(less)})`,
        ),
      () =>
        this.#over(
          this.#rows(less),
          "row",
          (list, row) => `${list}.map((${row}) => ({ ...${row}, at: ${this.#num(less)} }))`,
        ),
    );
  }

  /** `reduce` with an accumulator that is spread. */
  #accumulated(depth: number): string {
    const source = this.#nums(depth);
    const all = this.#fresh();
    const copy = (): string =>
      this.#run(
        () => all,
        () => `[...${all}, ${this.#num(depth)}]`,
        () => `[...${all}, x0, ${all}.length]`,
        () => `${all}.concat(${this.#nums(depth)})`,
        () => `[...${all}, ...${this.#nums(depth)}]`,
        () => `(${this.#bool(depth)} ? ${copy()} : ${copy()})`,
      );
    return `${source}.reduce<number[]>((${all}, x0) => ${copy()}, [])`;
  }

  /** A record of numbers. */
  #record(depth: number): string {
    return this.#with("row", (row) => {
      const all = this.#fresh();
      const members = (): string =>
        this.#run(
          () => `[${this.#str(depth)}]: ${this.#num(depth)}`,
          () => `[${row}.id]: (${all}[${row}.id] ?? 0) + 1`,
          () => `total: ${this.#num(depth)}`,
          () => `total: ${this.#num(depth)}, [${this.#str(depth)}]: 1`,
          () => `[${this.#str(depth)}]: 1, total: ${this.#num(depth)}`,
        );
      const copy = (): string =>
        this.#run(
          () => all,
          () => `{ ...${all}, ${members()} }`,
          () => `{ ...${all}, ${members()} }`,
          () => `(${this.#bool(depth)} ? ${copy()} : ${copy()})`,
        );
      return `rows.reduce<Record<string, number>>((${all}, ${row}) => (${copy()}), {})`;
    });
  }

  #block(depth: number): string {
    const before = this.#scope;
    const lines = Array.from({ length: this.#pick(1, 2, 3) }, () => this.#statement(depth));
    if (this.#loops > 0) this.#scope = before;
    return lines.join("\n");
  }

  #statement(depth: number): string {
    const simple = [
      () => this.#declaration(depth),
      () => this.#growth(depth),
      () => this.#growth(depth),
      () => this.#mutation(depth),
      () => this.#lookup(depth),
    ];
    if (depth <= 0) return this.#run(...simple, () => this.#exit());
    return this.#run(
      ...simple,
      () => this.#loop(depth),
      () => this.#loop(depth),
      () => this.#collection(),
      () => this.#collection(),
      () => `if (${this.#bool(1)}) {\n${this.#inner(depth)}\n}`,
    );
  }

  /** A block whose names end with it. */
  #inner(depth: number): string {
    this.#loops += 1;
    const text = this.#block(depth - 1);
    this.#loops -= 1;
    return text;
  }

  #exit(): string {
    const leave = this.#loops > 0 ? this.#pick("n > 8", "nums.length > 3", "words.includes('B')") : "n > 8";
    return `if (${leave}) return ${this.#any(0)};`;
  }

  #declaration(depth: number): string {
    const kind = this.#pick<Kind>("nums", "nums", "words", "rows", "num", "str");
    const types = {
      nums: "number[]",
      words: "string[]",
      rows: "Row[]",
      num: "number",
      str: "string",
      row: "Row",
    };
    const made = {
      nums: () => this.#pick("[]", "[]", "[1, 2]", this.#nums(depth)),
      words: () => this.#pick("[]", '["a"]', this.#words(depth)),
      rows: () => this.#pick("[]", "[]", this.#rows(1)),
      num: () => this.#num(depth),
      str: () => this.#str(depth),
      row: () => this.#constant("row"),
    }[kind]();
    const name = this.#fresh();
    this.#scope = [...this.#scope, { name, kind, grows: !isAlias(made) }];
    return `let ${name}: ${types[kind]} = ${made};`;
  }

  #growth(depth: number): string {
    const growing = this.#scope.flatMap(({ name, kind, grows }) =>
      grows && (kind === "nums" || kind === "words" || kind === "rows") ? [{ name, kind }] : [],
    );
    if (growing.length === 0) return this.#declaration(depth);
    const { name, kind } = this.#pick(...growing);
    const element = (): string =>
      kind === "nums" ? this.#num(1) : kind === "words" ? this.#str(1) : this.#known("row");
    const others = (): string => this.#list(kind);
    const orders: Record<string, string> = {
      nums: "",
      words: this.#pick("", "(a, b) => a.localeCompare(b)", "(a, b) => a.length - b.length"),
      rows: "(a, b) => a.id.localeCompare(b.id)",
    };
    const bound = `if (${name}.length < 40) `;
    return this.#run(
      () => `${name}.push(${element()});`,
      () => `${bound}${name} = [...${name}, ${element()}];`,
      () => `${bound}${name} = ${name}.concat(${others()});`,
      () => `${bound}${name} = [...${name}, ...${others()}];`,
      () => `${bound}${name} = [...${name}, ...${name}];`,
      () => `${name}.push(${element()});\n${name}.sort(${orders[kind]!});`,
      () => `if (!${name}.includes(${element()})) ${name}.push(${element()});`,
      () => `${name} = ${others()}.slice();`,
    );
  }

  /** A list that grows in one loop, in one way, with something else going on beside it. */
  #collection(): string {
    const kind = this.#pick<ListKind>("nums", "words", "rows");
    const element = { nums: "num", words: "str", rows: "row" } as const;
    const type = { nums: "number[]", words: "string[]", rows: "Row[]" }[kind];
    const order = {
      nums: "(a, b) => a - b",
      words: this.#pick("", "(a, b) => a.localeCompare(b)", "(a, b) => a.length - b.length"),
      rows: this.#pick("(a, b) => a.id.localeCompare(b.id)", "(a, b) => b.id.length - a.id.length"),
    }[kind];
    const name = this.#fresh();
    const before = this.#scope;
    const source = `[...${this.#known(kind)}]`;
    const start = this.#pick("[]", "[]", "[]", `${this.#list(kind)}.slice()`);
    this.#scope = [...before, { name, kind, grows: false }];
    const loop = this.#with(element[kind], (one) => {
      const grow = this.#pick(
        `${name} = [...${name}, ${one}];`,
        `${name} = ${name}.concat([${one}]);`,
        `if (${name}.length < 40) ${name} = [...${name}, ...${name}];`,
        `if (${name}.length < 40) ${name} = [...${name}, ...${this.#list(kind)}];`,
        `${name}.push(${one});\n${name}.sort(${order});`,
        `if (!${name}.includes(${one})) ${name}.push(${one});`,
        `if (${this.#bool(1)}) {\n${name}.push(${one});\n${name}.sort(${order});\n}`,
      );
      if (this.#pick(true, true, false)) this.#hide(name);
      const beside = this.#run(
        () => "",
        () => "",
        () => this.#statement(0),
        () => this.#mutation(0),
      );
      const [first, second] = this.#pick([grow, beside], [beside, grow]);
      return `for (const ${one} of ${source}) {\n${first}\n${second}\n}`;
    });
    this.#scope = [...before, { name, kind, grows: true }];
    return `let ${name}: ${type} = ${start};\n${loop}`;
  }

  #hide(name: string): void {
    this.#scope = this.#scope.map((one) => (one.name === name ? { ...one, kind: "hidden" } : one));
  }

  #list(kind: ListKind): string {
    return kind === "nums" ? this.#nums(1) : kind === "words" ? this.#words(1) : this.#rows(1);
  }

  /** A search for what belongs to the row at hand. */
  #lookup(depth: number): string {
    const rows = this.#scope.filter((one) => one.kind === "row");
    if (rows.length === 0) return this.#declaration(depth);
    const { name } = this.#pick(...rows);
    const list = this.#known("rows");
    const [found, other] = [this.#fresh(), `${name}0`];
    const key = this.#pick(`${name}.id`, `${name}.id`, `${name}.at`, this.#str(1));
    const field = key.endsWith(".at") ? "at" : "id";
    const [one, two] = this.#pick([`${other}.${field}`, key], [key, `${other}.${field}`]);
    const method = this.#pick("find", "filter");
    const kind = method === "find" ? "row" : "rows";
    const extra = this.#pick("", "", ` && ${other}.at > 0`);
    const missing = method === "find" ? ` ?? ${this.#constant("row")}` : "";
    this.#scope = [...this.#scope, { name: found, kind, grows: false }];
    return `const ${found} = ${list}.${method}((${other}) => ${one} === ${two}${extra})${missing};`;
  }

  #mutation(depth: number): string {
    const rows = this.#scope.filter((one) => one.kind === "row");
    if (rows.length === 0) return this.#declaration(depth);
    const { name } = this.#pick(...rows);
    return this.#run(
      () => `${name}.id = ${this.#str(1)};`,
      () => `${name}.at = ${this.#num(1)};`,
      () => `${name}.tags = ${this.#words(1)}.slice(0, 3);`,
    );
  }

  #loop(depth: number): string {
    return this.#run(
      () => this.#each("num", this.#nums(1), depth),
      () => this.#each("str", this.#words(1), depth),
      () => this.#each("row", this.#rows(1), depth),
      () => this.#each("row", "rows", depth),
      () => this.#counted(depth),
      () => this.#queue(depth),
    );
  }

  #each(kind: Kind, source: string, depth: number): string {
    // A copy, since what the body adds to the source itself would never be run through.
    const list =
      /^\w+$/.test(source) && this.#pick(true, false) && !this.#grows(source) ? source : `[...${source}]`;
    const looped = this.#pick(true, true, false);
    return this.#with(kind, (name) => {
      const body = this.#inner(depth);
      const mayReturn = /\breturn\b/.test(body);
      return looped || mayReturn
        ? `for (const ${name} of ${list}) {\n${body}\n}`
        : `${list}.forEach((${name}) => {\n${body}\n});`;
    });
  }

  #grows(name: string): boolean {
    return this.#scope.some((one) => one.name === name && one.grows);
  }

  #counted(depth: number): string {
    const index = this.#fresh();
    const row = this.#fresh();
    if (row === index) return this.#growth(depth);
    const before = this.#scope;
    this.#scope = [
      ...before,
      { name: index, kind: "num", grows: false },
      { name: row, kind: "row", grows: false },
    ];
    const text = `for (let ${index} = 0; ${index} < rows.length; ${index}++) {\nconst ${row} = rows[${index}]!;\n${this.#inner(depth)}\n}`;
    this.#scope = before;
    return text;
  }

  #queue(depth: number): string {
    const queue = this.#fresh();
    const before = this.#scope;
    this.#scope = [...before, { name: queue, kind: "nums", grows: false }];
    const taken = this.#with("num", (name) => {
      const add = this.#pick("", `if (${name} > 1) ${queue}.push(${name} - 1);\n`);
      return `while (${queue}.length > 0) {\nconst ${name} = ${queue}.shift()!;\n${add}${this.#inner(depth)}\n}`;
    });
    this.#scope = before;
    return `{\nconst ${queue} = [...nums, n];\n${taken}\n}`;
  }
}

/** It may be a list that a loop runs through: adding to it might never end. */
function isAlias(made: string): boolean {
  return /^(?:\w+$|\()/.test(made);
}
