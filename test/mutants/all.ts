/** Every mutant, in the order in which they are tried. */
import { AUDITS } from "./audit.js";
import { BOOKS } from "./books.js";
import { CASH } from "./cash.js";
import { CHANGER } from "./changer.js";
import { CLAIMS } from "./claim.js";
import { JUDGES } from "./judge.js";
import { LEDGERS } from "./ledger.js";
import { LINK_AND_RIM } from "./link-and-rim.js";
import { MACHINE } from "./machine.js";
import type { Mutant } from "./mutant.js";
import { PERIPHERALS } from "./peripherals.js";
import { SALES } from "./sale.js";

export const MUTANTS: readonly Mutant[] = [
  ...LINK_AND_RIM,
  ...BOOKS,
  ...CHANGER,
  ...CASH,
  ...SALES,
  ...LEDGERS,
  ...MACHINE,
  ...PERIPHERALS,
  ...CLAIMS,
  ...AUDITS,
  ...JUDGES,
];
