import { threadsContract } from "../contract/threads-contract.ts";

threadsContract("message port");
