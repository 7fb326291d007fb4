/**
 * Puts records on flash, stamped, and then tells every room: flash first, then the fold, then everyone who looks at
 * committed records. Faults are recorded where they are news.
 */
import { FAULTS, type FaultName, faultOf } from "../../shared/faults.js";
import { hasFault } from "../../shared/records/durable.js";
import { type ClockQuality, type LedgerRecord, type NewRecord, RECORDS } from "../../shared/records/kinds.js";
import { isClockNews, qualityNumber, WALL_AT_BOOT, type Wall, wallNowS, wallTold } from "./clock.js";
import type { Rooms } from "./rooms.js";

interface Untold {
  readonly fault: FaultName;
  readonly present: boolean;
  readonly slot: string | undefined;
}

export class Recorder {
  wall: Wall = WALL_AT_BOOT;
  /** Of the input being taken. */
  nowMs: number;
  private readonly rooms: Rooms;
  private readonly tell: (record: LedgerRecord) => void;
  /** Conditions whose note was refused, at most one for each fault of each slot. */
  private readonly untold = new Map<string, Untold>();

  /** tell: hands a committed record to the rooms. */
  constructor(rooms: Rooms, tell: (record: LedgerRecord) => void, nowMs: number) {
    this.rooms = rooms;
    this.tell = tell;
    this.nowMs = nowMs;
  }

  /** Throws if a record about money is refused: the ledger's reserve rules that out. */
  append(record: NewRecord): void {
    this.write(record);
  }

  /** True if it is on flash. */
  private write(record: NewRecord): boolean {
    const { ledger } = this.rooms;
    const wallS = RECORDS[record.kind].wall ? wallNowS(this.wall, this.nowMs) : undefined;
    const atMs = Math.floor(this.nowMs);
    const result = ledger.append(record, wallS === undefined ? { atMs } : { atMs, wallS });
    if (!result.ok) {
      // Refused for want of room or quota: only notes may be, and the ledger counts them.
      if (result.refused === "money") throw new Error("machine: ledger full in spite of its reserve");
      return false;
    }
    this.tell(result.record);
    const slot = "slot" in record ? record.slot : undefined;
    if (slot !== undefined && record.kind !== "faultRaised" && record.kind !== "faultCleared") {
      this.fault("slotEmpty", ledger.durable.stock[slot] === 0, slot);
    }
    return true;
  }

  /** The condition holds or is over. */
  readonly fault = (fault: FaultName, present: boolean, slot?: string): void => {
    const { code } = FAULTS[fault];
    const { untold } = this;
    if (untold.size > 0) untold.delete(`${fault} ${slot ?? ""}`);
    if (hasFault(this.rooms.ledger.durable, code, slot) === present) return;
    const which = slot === undefined ? { fault: code } : { fault: code, slot };
    const told = this.write(present ? { kind: "faultRaised", ...which } : { kind: "faultCleared", ...which });
    if (!told) untold.set(`${fault} ${slot ?? ""}`, { fault, present, slot });
  };

  /**
   * What the ledger had no room for, once it has again: a fault that is over must not close a slot, or a means of
   * payment, for ever. True if it has recorded anything.
   */
  catchUp(): boolean {
    const { untold, rooms } = this;
    const { ledger, doorOpen } = rooms;
    const doorUntold = ledger.durable.doorOpen !== doorOpen;
    if ((untold.size === 0 && !doorUntold) || !ledger.takesNotes(this.nowMs)) return false;
    if (doorUntold) this.append({ kind: doorOpen ? "doorOpened" : "doorClosed" });
    for (const { fault, present, slot } of [...untold.values()]) this.fault(fault, present, slot);
    return true;
  }

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
