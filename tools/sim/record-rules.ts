/**
 * What a record may not say, given what is physically so in the moment it is written: whose money it takes, behind
 * which door a sale begins, what another document may change.
 */
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MEANS_FREE, MEANS_TEST } from "../../shared/records/fold-sale.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import type { SimCabinet } from "./sim-cabinet.js";

/** Empty = nothing against it. */
export function recordViolations(cabinet: SimCabinet, record: LedgerRecord): string[] {
  switch (record.kind) {
    case "vendStarted": {
      const unpaid = record.means === MEANS_TEST || record.means === MEANS_FREE;
      const untold = cabinet.js.unfinished.some(({ on }) => on === "door");
      if (unpaid || untold || !cabinet.door.open) return [];
      return [`sale ${record.saleNo} began behind an open door`];
    }
    case "documentApplied":
      return isServing(cabinet) ? ["another document took effect while somebody was served"] : [];
    case "stackStarted":
    case "billStacked":
      return foreign(cabinet, "validator", 0);
    case "vendApproved":
      return foreign(cabinet, "reader", cabinet.durable.hold?.reader ?? -1);
    case "payoutStarted":
      return (record.store ?? 0) > STORE_RECYCLER
        ? foreign(cabinet, "hopper", (record.store ?? 0) - STORE_RECYCLER - 1)
        : [];
    default:
      return [];
  }
}

/** Credit is inside, or a sale, payout, bill or hold is open. */
function isServing({ durable }: SimCabinet): boolean {
  const { vend, payout, stack, hold, revalue, creditMinor } = durable;
  return creditMinor > 0 || [vend, payout, stack, hold, revalue].some((bracket) => bracket !== undefined);
}

function foreign({ random }: SimCabinet, device: "validator" | "reader" | "hopper", index: number): string[] {
  const stranger = random.foreign;
  if (stranger?.device !== device || stranger.index !== index) return [];
  return [`money of a foreign ${device} was taken for ours`];
}
