/**
 * Finds every application of every rewrite rule to the subject function. Rules compose: whoever wants two
 * of them asks again with the text that the first gave.
 */
import type { Kernel } from "../../runtime/contracts/index.ts";
import type { Rewrite, RewritesRequest } from "./protocol.ts";
import { rewriteContext } from "./rewrites/context.ts";
import { REWRITE_RULES } from "./rewrites/index.ts";
import { loadModule } from "./typed-module.ts";

export const findRewritesKernel: Kernel<RewritesRequest, readonly Rewrite[]> = {
  name: "syntax.find-rewrites",
  module: import.meta.url,
  export: "findRewrites",
};

/**
 * By rule in the order of the rules' list, then by place; the same for equal texts. Each rewrite's source is
 * that of the file which holds the function (`home`, where the subject is a re-export), and differs from it.
 * @throws what `loadModule` throws.
 */
export function findRewrites(request: RewritesRequest): readonly Rewrite[] {
  const context = rewriteContext(loadModule(request.module));
  const sources = new Set([context.file.text]);
  return REWRITE_RULES.flatMap((rule) => rule.find(context)).filter(({ source }) => {
    const isNew = !sources.has(source);
    sources.add(source);
    return isNew;
  });
}
