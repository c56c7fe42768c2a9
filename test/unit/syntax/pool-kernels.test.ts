import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  auditKernel,
  deriveInputsKernel,
  findRewritesKernel,
  inspectKernel,
} from "../../../kernels/syntax/index.ts";

describe("the room's kernels", () => {
  for (const kernel of [auditKernel, deriveInputsKernel, findRewritesKernel, inspectKernel]) {
    it(`${kernel.name} names a function that its module exports`, async () => {
      const module = (await import(kernel.module)) as Record<string, unknown>;
      assert.equal(typeof module[kernel.export], "function");
    });
  }
});
