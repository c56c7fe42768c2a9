/** `npm run api`: writes the reference of the public API from its sources. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../repository.ts";
import { FOLDER, renderReference } from "./reference.ts";

const pages = await renderReference();
mkdirSync(join(ROOT, FOLDER), { recursive: true });
for (const name of readdirSync(join(ROOT, FOLDER))) rmSync(join(ROOT, FOLDER, name));
for (const [path, text] of pages) writeFileSync(join(ROOT, path), text);
