import { bankTransaction } from "./bank-transaction.ts";
import { big } from "./big.ts";
import { cigaretteSmokers } from "./cigarette-smokers.ts";
import { cobwebbedTree } from "./cobwebbed-tree.ts";
import { counting } from "./counting.ts";
import { diningPhilosophers } from "./dining-philosophers.ts";
import { fanIn } from "./fan-in.ts";
import { forkJoinCreate, forkJoinThroughput } from "./fork-join.ts";
import { pingPong } from "./ping-pong.ts";
import type { Scenario } from "./scenario.ts";
import { sieve } from "./sieve.ts";
import { threadRing } from "./thread-ring.ts";

export const SCENARIOS: readonly Scenario[] = [
  pingPong,
  threadRing,
  counting,
  forkJoinCreate,
  forkJoinThroughput,
  fanIn,
  big,
  bankTransaction,
  cigaretteSmokers,
  diningPhilosophers,
  sieve,
  cobwebbedTree,
];
