import { carrierContract } from "../kit/carriers.ts";

await carrierContract("isolated-vm");
