import { checksOf, errorsOf, type Check } from "../contracts/index.ts";

/** Every code that the testkit throws, with what it means and what to do about it. */
export const TESTKIT_ERRORS = {
  CLOCK_INVALID: {
    fault: "internal",
    meaning:
      "A virtual clock, or a probe that waits by it, was given a time that is none, or an action that is no function.",
    hint: "Times are numbers of milliseconds from 0; virtual time only goes forward, by a finite amount.",
  },
  FAULTS_INVALID: {
    fault: "internal",
    meaning:
      "A plan of faults has a fault that there is not, a chance that is not from 0 to 1, or a delay that is not above 0.",
    hint: "See FaultPlan and DiskFaults.",
  },
  FAULT_INJECTED: {
    fault: "internal",
    meaning: "A simulated world let an actor crash, since its fault plan says so.",
    hint: "Nothing: it is what the test asked for.",
  },
  NODE_UNKNOWN: {
    fault: "internal",
    meaning:
      "A simulated world was asked for a node that it does not have, or that was killed and is not back.",
    hint: "Name it in createWorld({ nodes }); a killed node is back after a second of virtual time.",
  },
  PROBE_MISSED: {
    fault: "internal",
    meaning: "What a probe expected did not come within the given virtual time.",
    hint: "Pass withinMs if the message takes virtual time; the error names what did come.",
  },
  PROBE_SURPRISED: {
    fault: "internal",
    meaning: "A probe that expected no message got one.",
    hint: "Take the messages that are due with expectMessage first.",
  },
  TESTKIT_UNSETTLED: {
    fault: "internal",
    meaning:
      "The actors kept sending each other messages without virtual time passing, and never came to rest.",
    hint: "Look for two actors that answer each other for ever.",
  },
  WORLD_INVALID: {
    fault: "internal",
    meaning: "The options of a simulated world, or what it was told to do, make no sense.",
    hint: "threads is a whole number from 0 to 63; nodes are names, each another and none of them local; a slot is one of its threads, from 1.",
  },
} as const;

export const testkitError: ReturnType<typeof errorsOf<typeof TESTKIT_ERRORS>> = errorsOf(TESTKIT_ERRORS);

export const check: Check<keyof typeof TESTKIT_ERRORS> = checksOf(testkitError);
