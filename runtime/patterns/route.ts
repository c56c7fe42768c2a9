import { isFunction, isObject } from "../contracts/index.ts";
import { check } from "../errors.ts";

/** How a router chooses; told one by one at `router`. */
export type Route<Message> = "round-robin" | "least-mailbox" | { readonly key: (message: Message) => string };

const BY_NAME: readonly string[] = ["round-robin", "least-mailbox"];

/** @throws ROUTER_INVALID */
export function checkRoute<Message>(route: Route<Message>): void {
  const isRoute =
    typeof route === "string" ? BY_NAME.includes(route) : isObject(route) && isFunction(route.key);
  check(isRoute, "ROUTER_INVALID", "A route is round-robin, least-mailbox or { key } with a function", route);
}
