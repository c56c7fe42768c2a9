import { errorsOf } from "../contracts/index.ts";

/** Every code that the testkit throws, with what it means and what to do about it. */
export const TESTKIT_ERRORS = {
  CLOCK_INVALID: {
    fault: "internal",
    meaning:
      "A virtual clock was told to move by something other than a finite number of milliseconds from 0.",
    hint: "Virtual time only goes forward, by a finite amount.",
  },
  FAULTS_INVALID: {
    fault: "internal",
    meaning: "A fault plan has a chance that is not from 0 to 1, or a delay that is not above 0.",
    hint: "See FaultPlan.",
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
} as const;

export const testkitError: ReturnType<typeof errorsOf<typeof TESTKIT_ERRORS>> = errorsOf(TESTKIT_ERRORS);
