/** What the XS meter measures for the bench `vend`: one cycle of sales on a machine that has sold before. */
import { sellCycle, sellingCabinet } from "./selling.js";

const cabinet = sellingCabinet();

export function cycle(): void {
  sellCycle(cabinet);
}
