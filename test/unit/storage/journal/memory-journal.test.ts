import { openMemoryJournal } from "../../../../storage/index.ts";
import { journalContract } from "../../../contract/journal-contract.ts";

journalContract("memory", {
  open: (clock) => Promise.resolve(openMemoryJournal({ clock })),
  release: (journal) => journal.close(),
});
