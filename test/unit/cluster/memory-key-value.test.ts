import { describe } from "node:test";
import { keyValueContract } from "../../contract/key-value-contract.ts";
import { MemoryBucket } from "../../kit/memory-key-value.ts";

describe("a bucket in memory", () => {
  keyValueContract(() => {
    const bucket = new MemoryBucket();
    return Promise.resolve([bucket.client(), bucket.client()]);
  });
});
