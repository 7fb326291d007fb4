/**
 * Puts another planogram or other settings into force while the machine runs: on flash first, then in the rooms, then
 * on record. Power cut in between: what flash holds is in force and on record at the next power-up (`documentRecords`),
 * and the order, which is still unanswered, comes again.
 */
import type { DocumentMark } from "../../shared/records/durable.js";
import { DOCUMENTS, type NewRecord } from "../../shared/records/kinds.js";
import { answerOf } from "../commands/orders.js";
import type { WaitingDocument } from "../commands/put-document.js";
import type { Documents } from "../settings.js";
import type { Recorder } from "./recorder.js";
import type { Rooms } from "./rooms.js";

export class Upkeep {
  private readonly rooms: Rooms;
  private readonly recorder: Recorder;
  private readonly documents: Documents;

  constructor(rooms: Rooms, recorder: Recorder, documents: Documents) {
    this.rooms = rooms;
    this.recorder = recorder;
    this.documents = documents;
  }

  /** Only while nothing is open. */
  putDocument(document: WaitingDocument): void {
    const { rooms, recorder, documents } = this;
    const name = DOCUMENTS[document.doc];
    if (name === undefined) return;
    const stored = documents.store(name, document.bytes);
    if (!stored.ok) return recorder.append(answerOf(document, stored.error));
    rooms.planogram = documents.planogram?.document;
    rooms.settings = documents.settings?.document ?? rooms.settings;
    recorder.append(answerOf(document, "done"));
    // Slots that were not there before are loaded with what the document says.
    for (const record of documentRecords(rooms, documents.marks)) recorder.append(record);
  }
}

/**
 * Records the documents in force where the ledger does not know them yet, and the stock of every slot that has none: a
 * planogram's first loading, also where power went before all of it was on record.
 */
export function documentRecords({ ledger, planogram }: Rooms, marks: readonly DocumentMark[]): NewRecord[] {
  const records: NewRecord[] = [];
  const { durable } = ledger;
  for (let doc = 0; doc < DOCUMENTS.length; doc++) {
    const mark = marks[doc];
    const known = durable.documents[doc];
    if (mark === undefined || mark.version === 0) continue;
    if (known?.version === mark.version && known.crc === mark.crc) continue;
    records.push({ kind: "documentApplied", doc, version: mark.version, crc: mark.crc });
  }
  for (const { slot, quantity } of planogram?.slots ?? []) {
    if (durable.stock[slot] === undefined) records.push({ kind: "stockSet", slot, quantity });
  }
  return records;
}
