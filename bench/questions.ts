/** All questions, in the order in which they are listed. */
import { answerCluster } from "./cluster/question.ts";
import { answerFalseAlarms } from "./false-alarms.ts";
import { answerHostile } from "./hostile/question.ts";
import { answerPower } from "./power.ts";
import { answerProcess } from "./process/question.ts";
import type { Question } from "./question.ts";
import { answerRuntime } from "./runtime/question.ts";
import { answerSandbox } from "./sandbox/question.ts";
import { answerSavina } from "./savina/question.ts";
import { answerStatistics } from "./statistics.ts";

export const QUESTIONS: readonly Question[] = [
  {
    name: "statistics",
    about: "do intervals cover and tests decide as they promise, on simulated samples?",
    takes: "100 s, --quick 15 s",
    guards: false,
    answer: answerStatistics,
  },
  {
    name: "aa",
    about: "how often is a function called different from itself?",
    takes: "27 min, --quick 3 min",
    guards: true,
    answer: answerFalseAlarms,
  },
  {
    name: "power",
    about: "how often is a planted slowdown of 5 and 10 % found?",
    takes: "10 min, --quick 3 min",
    guards: false,
    answer: answerPower,
  },
  {
    name: "process",
    about: "what does a command cost in a sandbox of its own beside a bare spawn?",
    takes: "4 min, --quick 30 s",
    guards: false,
    answer: answerProcess,
  },
  {
    name: "runtime",
    about: "how fast are actors, on one thread, between threads and with a journal, against others?",
    takes: "16 min, --quick 2 min",
    guards: false,
    answer: answerRuntime,
  },
  {
    name: "savina",
    about: "do the scenarios of the Savina suite run, and how fast?",
    takes: "2 min, --quick 10 s",
    guards: false,
    answer: answerSavina,
  },
  {
    name: "cluster",
    about:
      "how fast are actors on another node and durable tasks, beside the raw NATS client, and what does a node that dies or leaves cost?",
    takes: "7 min, --quick 90 s",
    guards: false,
    answer: answerCluster,
  },
  {
    name: "sandbox",
    about: "what do fresh sandboxes cost beside other ways to have them?",
    takes: "3 min, --quick 30 s",
    guards: false,
    answer: answerSandbox,
  },
  {
    name: "hostile",
    about: "do hostile programs and commands escape?",
    takes: "90 min, --quick 2 min",
    guards: true,
    answer: answerHostile,
  },
];
