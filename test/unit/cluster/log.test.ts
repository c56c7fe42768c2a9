import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { openLog, type LogOptions } from "../../../cluster/index.ts";
import { clusterError } from "../../../cluster/errors.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";

function logged(
  options: Partial<LogOptions>,
  tell: (log: ReturnType<typeof openLog>) => void,
): readonly string[] {
  const lines: string[] = [];
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  tell(
    openLog({
      level: "info",
      format: "json",
      node: "a",
      write: (line) => lines.push(line),
      clock,
      ...options,
    }),
  );
  return lines;
}

describe("the log of a node", () => {
  it("is one JSON object a line, with time, level, node, message and what is told beside", () => {
    const lines = logged({}, (log) => log.warn("NATS is lost", { tries: 3, server: null }));
    assert.deepEqual(lines, [
      '{"time":"2026-01-02T03:04:05.678Z","level":"warn","node":"a","message":"NATS is lost","tries":3,"server":null}\n',
    ]);
  });

  it("is a line of text for people", () => {
    const lines = logged({ format: "text" }, (log) =>
      log.info("ready", { health: "http://a:1", why: "two words" }),
    );
    assert.deepEqual(lines, ['03:04:05.678 info  a ready health=http://a:1 why="two words"\n']);
  });

  it("leaves out what is below its level", () => {
    const lines = logged({ level: "warn" }, (log) => {
      log.debug("1");
      log.info("2");
      log.warn("3");
      log.error("4");
    });
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { message: string }).message),
      ["3", "4"],
    );
  });

  it("tells an error by code, message and hint, and its stack when all is told", () => {
    const error = clusterError("NATS_UNREACHABLE", "nobody there", { cause: new Error("refused") });
    const tell = (log: ReturnType<typeof openLog>): void => log.error("failed", { error });
    const [line] = logged({}, tell).map((one) => JSON.parse(one) as { readonly error: object });
    assert.deepEqual(line!.error, {
      code: "NATS_UNREACHABLE",
      message: "nobody there",
      hint: "Start nats-server, or correct the addresses.",
      cause: "UNEXPECTED: refused",
    });
    assert.match(logged({ level: "debug" }, tell)[0]!, /"stack":"MyriadError/);
  });

  for (const format of ["json", "text"] as const) {
    it(`shows no secret, wherever it stands (${format})`, () => {
      const secrets = ["hunter2", 'with "quotes"'];
      const [line] = logged({ format, secrets }, (log) =>
        log.error("hunter2 was wrong", {
          deep: [{ text: 'a with "quotes" b' }],
          error: new Error("login hunter2 failed"),
        }),
      );
      assert.doesNotMatch(line!, /hunter2|quotes/);
    });

    it(`keeps to one line, and to what a terminal may be given (${format})`, () => {
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), fc.object(), (text, fields) => {
          const lines = logged({ format }, (log) => log.info(text, { text, fields }));
          assert.equal(lines.length, 1);
          const [line] = lines;
          assert.ok(line!.endsWith("\n"));
          assert.doesNotMatch(line!.slice(0, -1), format === "json" ? /\n/ : /\p{Cc}/u);
        }),
      );
    });
  }

  it("goes on when what it is given cannot be shown, and cuts what is endless", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const [first, second] = logged({}, (log) => {
      log.info("a circle", { circle });
      log.info("long", { text: "x".repeat(100_000), big: 10n });
    });
    assert.match(first!, /"message":"a circle","fields":"could not be shown"/);
    assert.ok(second!.length < 9_000);
  });
});
