/** Both ways to systemd's notification socket, to a real one. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import {
  notifySocket,
  sendByLibrary,
  sendByProgram,
  type Send,
} from "../../../cluster/node/notify-socket.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNotifySocket } from "../../kit/notify-socket.ts";

const hasProgram = spawnSync("systemd-notify", ["--version"]).status === 0;

describe(
  "a notification to systemd",
  { skip: openNotifySocket() === null && "koffi is not installed" },
  () => {
    const ways: readonly (readonly [
      name: string,
      way: (address: string) => Send | null,
      skip: string | false,
    ])[] = [
      ["the C library", sendByLibrary, false],
      ["systemd-notify", sendByProgram, !hasProgram && "systemd-notify is not installed"],
    ];
    for (const [name, way, skip] of ways) {
      it(`comes whole by way of ${name}`, { skip }, async () => {
        const socket = openNotifySocket()!;
        const failures: string[] = [];
        way(socket.address)!("READY=1\nSTATUS=ready, in cluster main", (why) => failures.push(why));
        await eventually("it has come", () => socket.lines().length >= 2);
        // The program asks for an answer after them.
        assert.deepEqual(socket.lines().slice(0, 2), ["READY=1", "STATUS=ready, in cluster main"]);
        assert.deepEqual(failures, []);
        socket.close();
      });

      it(`that cannot be sent by way of ${name} is told, and nothing else`, { skip }, async () => {
        const failures: string[] = [];
        way("/nowhere/notify")!("READY=1", (why) => failures.push(why));
        await eventually("it has failed", () => failures.length > 0);
        assert.equal(failures.length, 1);
      });
    }

    it("goes to an abstract socket as well, and to nothing that is no socket of Unix", () => {
      const failures: string[] = [];
      notifySocket("@myriad-nobody-listens")!("READY=1", (why) => failures.push(why));
      assert.deepEqual(failures, ["error 111 of the socket"]);
      assert.equal(notifySocket("vsock:2:1234"), null);
    });
  },
);
