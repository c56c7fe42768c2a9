/** Chance as `crypto` gives it, from the run's seed: the same in every run, and nothing to keep a secret with. */
import { seededRandom } from "../../../runtime/contracts/random.ts";
import type { Random } from "../../../runtime/contracts/random.ts";
import type { SandboxSeed } from "../protocol.ts";
import { publish } from "./slots.ts";
import { domException, installDOMException } from "./web-exception.ts";

const MOST_BYTES = 65_536;
const INTEGER_VIEWS = /^(?:Int|Uint|BigInt|BigUint)(?:8|16|32|64)(?:Clamped)?Array$/;

export interface SeededCrypto {
  getRandomValues<View extends ArrayBufferView>(view: View): View;
  randomUUID(): string;
}

export function seededCrypto(random: () => Random): SeededCrypto {
  const fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = random().below(256);
  };
  return {
    getRandomValues(view) {
      if (!isIntegerView(view)) {
        throw domException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
      }
      if (view.byteLength > MOST_BYTES) {
        const message = `The requested length exceeds ${MOST_BYTES} bytes`;
        throw domException(message, "QuotaExceededError");
      }
      fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      return view;
    },
    randomUUID() {
      const bytes = new Uint8Array(16);
      fill(bytes);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      return uuidText(bytes);
    },
  };
}

function isIntegerView(view: unknown): boolean {
  if (!ArrayBuffer.isView(view)) return false;
  return INTEGER_VIEWS.test((view as unknown as Readonly<Record<symbol, string>>)[Symbol.toStringTag] ?? "");
}

function uuidText(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += bytes[index]!.toString(16).padStart(2, "0");
  }
  return text;
}

export function installCrypto(seed: SandboxSeed): () => void {
  const start = (): Random => seededRandom(seed.random).fork("crypto");
  let random = start();
  installDOMException();
  publish(
    "crypto",
    seededCrypto(() => random),
  );
  return () => {
    random = start();
  };
}
