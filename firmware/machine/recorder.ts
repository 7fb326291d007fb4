/**
 * Puts records on flash, stamped, and then tells every room: flash first, then the fold, then everyone who looks at
 * committed records. Faults are recorded where they are news.
 */
import { FAULTS, type FaultName, faultOf } from "../../shared/faults.js";
import { hasFault } from "../../shared/records/durable.js";
import { type ClockQuality, type LedgerRecord, type NewRecord, RECORDS } from "../../shared/records/kinds.js";
import { isClockNews, qualityNumber, WALL_AT_BOOT, type Wall, wallNowS, wallTold } from "./clock.js";
import type { Rooms } from "./rooms.js";

export class Recorder {
  wall: Wall = WALL_AT_BOOT;
  /** Of the input being taken. */
  nowMs: number;
  private readonly rooms: Rooms;
  private readonly tell: (record: LedgerRecord) => void;

  /** tell: hands a committed record to the rooms. */
  constructor(rooms: Rooms, tell: (record: LedgerRecord) => void, nowMs: number) {
    this.rooms = rooms;
    this.tell = tell;
    this.nowMs = nowMs;
  }

  /** Throws if a record about money is refused: the ledger's reserve rules that out. */
  append(record: NewRecord): void {
    const { ledger } = this.rooms;
    const wallS = RECORDS[record.kind].wall ? wallNowS(this.wall, this.nowMs) : undefined;
    const atMs = Math.floor(this.nowMs);
    const result = ledger.append(record, wallS === undefined ? { atMs } : { atMs, wallS });
    if (!result.ok) {
      // Refused for want of room or quota: only notes may be, and the ledger counts them.
      if (result.refused === "money") throw new Error("machine: ledger full in spite of its reserve");
      return;
    }
    this.tell(result.record);
    const slot = "slot" in record ? record.slot : undefined;
    if (slot !== undefined && record.kind !== "faultRaised" && record.kind !== "faultCleared") {
      this.fault("slotEmpty", ledger.durable.stock[slot] === 0, slot);
    }
  }

  /** The condition holds or is over. */
  readonly fault = (fault: FaultName, present: boolean, slot?: string): void => {
    const { code } = FAULTS[fault];
    if (hasFault(this.rooms.ledger.durable, code, slot) === present) return;
    const which = slot === undefined ? { fault: code } : { fault: code, slot };
    this.append(present ? { kind: "faultRaised", ...which } : { kind: "faultCleared", ...which });
  };

  /** The door was opened and is shut again: what only a person can deal with has been dealt with. */
  personWasThere(): void {
    for (const { fault, slot } of this.rooms.ledger.durable.faults) {
      const name = faultOf(fault);
      if (name !== undefined && FAULTS[name].clears === "person") this.fault(name, false, slot);
    }
  }

  /** The same of the spiral in `column`; of the machine where no slot is told or known. */
  troubleOf(column: number | undefined, fault: FaultName, present: boolean): void {
    const slot = this.rooms.planogram?.slots.find((candidate) => candidate.column === column);
    this.fault(fault, present, slot?.slot);
  }

  /** The platform tells the time. */
  wallTold(wallS: number, quality: ClockQuality): void {
    const before = this.wall;
    this.wall = wallTold(wallS, quality, this.rooms.ledger.durable.lastWallS, this.nowMs);
    if (isClockNews(before, this.wall)) this.append({ kind: "clockSet", quality: qualityNumber(this.wall) });
    this.fault("clockUnknown", this.wall.quality === "unknown");
  }
}
