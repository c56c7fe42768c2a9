export { POOL_ERRORS } from "./errors.ts";
export type { PoolErrorCode } from "./errors.ts";
export { openPool } from "./pool.ts";
export type { PoolOptions } from "./pool.ts";
