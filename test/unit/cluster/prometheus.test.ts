import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prometheusText } from "../../../cluster/node/prometheus.ts";
import { actor, createSystem } from "../../../runtime/index.ts";

const SAMPLE =
  /^[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (NaN|[-+0-9.e]+)$/;

describe("a node's figures for Prometheus", () => {
  it("are samples with a type each, of the node and of every actor type", async () => {
    const system = createSystem({ telemetry: { instances: 0 } });
    const counter = actor({
      name: "counter",
      initial: () => 0,
      receive: (count: number, step: number) => count + step,
    });
    const ref = system.spawn(counter, undefined);
    for (let step = 0; step < 5; step++) ref.tell(step);
    await new Promise((resolve) => setImmediate(resolve));
    const text = prometheusText({
      node: 'a "quoted"\nname',
      cluster: "main",
      phase: "ready",
      isReady: true,
      isConnected: false,
      threads: 1,
      nodesReached: 2,
      deadLetters: 3,
      actors: await system.telemetry!.metrics(),
    });
    await system.shutdown();
    const lines = text.trimEnd().split("\n");
    const typed = new Set(
      lines.flatMap((line) => /^# TYPE (\S+) (?:gauge|counter|summary)$/.exec(line)?.[1] ?? []),
    );
    for (const line of lines.filter((one) => !one.startsWith("#"))) {
      assert.match(line, SAMPLE);
      const name = line.split(/[{ ]/)[0]!;
      assert.ok(typed.has(name) || typed.has(name.replace(/_(sum|count)$/, "")), `${name} has a type`);
    }
    assert.ok(lines.includes('myriad_actor_messages_total{type="counter"} 5'), text);
    assert.ok(
      lines.includes('myriad_node_info{node="a \\"quoted\\"\\nname",cluster="main",phase="ready"} 1'),
    );
    assert.ok(lines.includes("myriad_node_ready 1") && lines.includes("myriad_nats_connected 0"));
  });
});
