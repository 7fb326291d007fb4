/** What the XS meter measures for the bench `vend`: one cycle of sales on a machine that has sold before. */
import { sellCycle, sellingCabinet } from "./selling.js";

// Every POLL is played: what is leapt over, the meter would miss.
const cabinet = sellingCabinet({ leaps: false });

export function cycle(): void {
  sellCycle(cabinet);
}
