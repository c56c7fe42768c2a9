/** The bundler room's door. */
export { bundler } from "./bundler.ts";
