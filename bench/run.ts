/** `npm run bench -- <question>`. */
import { main } from "./main.ts";
import { QUESTIONS } from "./questions.ts";

process.exitCode = await main(process.argv.slice(2), QUESTIONS, process);
