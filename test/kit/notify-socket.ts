/** A socket that takes notifications as systemd's does. Node has no datagram sockets of Unix; the C library has. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Koffi {
  load(path: null): { func(definition: string): (...args: readonly unknown[]) => number };
}

export interface NotifySocket {
  readonly address: string;
  /** All lines that have come. */
  lines(): readonly string[];
  close(): void;
}

/** @returns null where koffi is not installed */
export function openNotifySocket(): NotifySocket | null {
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi") as Koffi;
  } catch {
    return null;
  }
  const c = koffi.load(null);
  const folder = mkdtempSync(join(tmpdir(), "myriad-notify-"));
  const address = join(folder, "notify");
  const [UNIX, DATAGRAM, DONT_WAIT] = [1, 2, 0x40];
  const descriptor = c.func("int socket(int, int, int)")(UNIX, DATAGRAM, 0);
  const name = Buffer.from(`\u0001\0${address}\0`);
  if (c.func("int bind(int, const uint8_t *, uint32_t)")(descriptor, name, name.length) !== 0) {
    throw new Error("the socket could not be bound");
  }
  const receive = c.func("long recv(int, _Out_ uint8_t *, size_t, int)");
  const close = c.func("int close(int)");
  const lines: string[] = [];
  return {
    address,
    lines() {
      const buffer = Buffer.alloc(4_096);
      for (;;) {
        const count = receive(descriptor, buffer, buffer.length, DONT_WAIT);
        if (count < 0) return lines;
        lines.push(...buffer.toString("utf8", 0, count).split("\n"));
      }
    },
    close() {
      close(descriptor);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
