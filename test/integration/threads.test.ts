import { threadsContract } from "../contract/threads-contract.ts";

threadsContract("shared memory");
