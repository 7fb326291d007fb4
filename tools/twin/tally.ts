/** What the machines of one run came to, and how the parts that other processes did are added up. */
import { add as addSeeds, count as countSeed, emptySimTally, type SimTally } from "../sim/tally.js";
import type { MachineDay } from "./machine.js";

export interface TwinTally extends SimTally {
  /** Over real sessions. */
  messages: number;
  batches: number;
  sessions: number;
  /** Found in SQL. */
  bookedRecords: number;
  bookedSales: number;
  /** Of all sales, also those that failed: dated by the machine's own clock. */
  datedByMachine: number;
  setAside: number;
}

export function emptyTally(): TwinTally {
  return {
    ...emptySimTally(),
    messages: 0,
    batches: 0,
    sessions: 0,
    bookedRecords: 0,
    bookedSales: 0,
    datedByMachine: 0,
    setAside: 0,
  };
}

export function countDay(tally: TwinTally, { result, booked, sent, setAside }: MachineDay): void {
  countSeed(tally, result);
  tally.messages += sent.messages;
  tally.batches += sent.batches;
  tally.sessions += sent.sessions;
  tally.bookedRecords += booked.records;
  tally.bookedSales += booked.sales;
  tally.datedByMachine += booked.synced;
  tally.setAside += setAside;
}

export function add(tally: TwinTally, part: Readonly<TwinTally>): void {
  addSeeds(tally, part);
  tally.messages += part.messages;
  tally.batches += part.batches;
  tally.sessions += part.sessions;
  tally.bookedRecords += part.bookedRecords;
  tally.bookedSales += part.bookedSales;
  tally.datedByMachine += part.datedByMachine;
  tally.setAside += part.setAside;
}
