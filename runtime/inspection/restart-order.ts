/** The failure by which an operator has an actor restarted, whatever its supervisor would decide. */
import { MyriadError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";

export function restartOrder(address: string): MyriadError {
  return runtimeError("RESTART_ORDERED", `${address} was restarted by an operator`);
}

export function isRestartOrder(error: unknown): boolean {
  return error instanceof MyriadError && error.code === "RESTART_ORDERED";
}
