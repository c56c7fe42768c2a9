/** The isolate engine's contract in one carrier. isolated-vm is no dependency: its path may come by environment. */
import { it } from "node:test";
import { isolateEngine } from "../../kernels/sandbox/index.ts";
import type { IsolateOptions } from "../../kernels/sandbox/index.ts";
import { sandboxContract } from "../contract/sandbox-contract.ts";

export type CarrierName = NonNullable<IsolateOptions["carrier"]>;

export function carrierOptions(carrier: CarrierName): IsolateOptions {
  const isolatedVm = process.env["MYRIAD_TEST_ISOLATED_VM"];
  return { workers: 2, carrier, ...(isolatedVm === undefined ? {} : { isolatedVm }) };
}

/** Why the carrier cannot be tested on this machine; null when it can. */
export async function whyMissing(carrier: CarrierName): Promise<string | null> {
  try {
    await isolateEngine(carrierOptions(carrier));
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** The contract, or a skipped test that says why. */
export async function carrierContract(carrier: CarrierName): Promise<void> {
  const missing = await whyMissing(carrier);
  if (missing !== null) {
    it(`the isolate engine in ${carrier}`, { skip: missing });
    return;
  }
  sandboxContract(`isolate (${carrier})`, async () => ({
    engine: await isolateEngine(carrierOptions(carrier)),
    close: () => Promise.resolve(),
  }));
}
