import { parseAddress, type AddressParts } from "../address.ts";
import { isText, shown } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";

/** The two parts of `node/path`. @throws ADDRESS_INVALID */
export function parseWhereabouts(text: string): Pick<AddressParts, "node" | "path"> {
  if (isText(text) && !text.includes("#")) return parseAddress(`${text}#1`);
  throw runtimeError("ADDRESS_INVALID", `Not node/path: ${shown(text)}`);
}
