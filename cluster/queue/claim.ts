/**
 * Who made an envelope, signed by a key of ed25519 in the form of NATS (an nkey): the header `Myriad-Claim` holds
 * `<public key>.<signature of the stored bytes>`. The key itself is in no message.
 */
import { nkeys } from "@nats-io/nats-core";
import { isText } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";

export const CLAIM: string = "Myriad-Claim";

/** Signs what a sender stores. */
export interface ClaimSigner {
  readonly publicKey: string;
  sign(stored: Uint8Array): string;
}

/** @param seed of an nkey, `SU…`. @throws CLUSTER_OPTION_INVALID, which does not show it */
export function claimSigner(seed: string): ClaimSigner {
  try {
    const pair = nkeys.fromSeed(Buffer.from(seed, "latin1"));
    const publicKey = pair.getPublicKey();
    return {
      publicKey,
      sign: (stored) => `${publicKey}.${Buffer.from(pair.sign(stored)).toString("base64url")}`,
    };
  } catch {
    throw clusterError("CLUSTER_OPTION_INVALID", "The seed of a signer is that of an nkey");
  }
}

/** The public key that has signed these bytes; null: none has. */
export function claimant(claim: string | null, stored: Uint8Array): string | null {
  if (!isText(claim)) return null;
  const [publicKey = "", signature = ""] = claim.split(".");
  try {
    const isSigned = nkeys.fromPublic(publicKey).verify(stored, Buffer.from(signature, "base64url"));
    return isSigned ? publicKey : null;
  } catch {
    return null;
  }
}
