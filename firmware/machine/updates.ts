/**
 * The bracket of an `updateFirmware` order: opened by the order (firmware/commands), closed by what the platform tells,
 * or at the next power-up by which firmware runs. The image is fetched, judged, started and put back by the platform
 * (firmware/io/net); this room only records what became of it, so that the fleet is never left without an answer.
 */
import { ORDER_KINDS, ORDER_RESULTS, type OrderResult } from "../../shared/records/kinds.js";
import type { UpdateTold } from "../ports/inputs.js";
import type { Recorder } from "./recorder.js";
import type { Rooms } from "./rooms.js";

const UPDATE_FIRMWARE = ORDER_KINDS.indexOf("updateFirmware");

interface Outcome {
  readonly result: OrderResult;
  readonly detail: number | undefined;
}

export class Updates {
  private readonly rooms: Rooms;
  private readonly recorder: Recorder;
  /** Known and not on record yet: the ledger had no room. */
  private outcome: Outcome | undefined;
  private switches = false;

  constructor(rooms: Rooms, recorder: Recorder) {
    this.rooms = rooms;
    this.recorder = recorder;
  }

  /** Power is back, and another firmware than the ordered one runs: it never was, or it is no more. */
  start(): void {
    const { command, runs } = this;
    if (command === undefined) return;
    if (runs) this.switches = true;
    else this.outcome = { result: command.switched === true ? "rolledBack" : "interrupted", detail: undefined };
  }

  /** News of the platform. Without an open bracket they are nobody's. */
  told({ news, detail }: UpdateTold): void {
    if (this.command === undefined) return;
    switch (news) {
      case "switched":
        this.switches = true;
        return;
      case "confirmed":
        // The running image is for good; that is the ordered one only after the restart.
        if (this.runs) this.outcome = { result: "done", detail: undefined };
        return;
      case "refused":
        this.outcome = { result: "imageRefused", detail };
        return;
      case "failed":
        this.outcome = { result: "imageFailed", detail };
        return;
    }
  }

  /** Records what is known, once there is room for it. True if it has. */
  catchUp(): boolean {
    const { command, outcome, recorder, rooms } = this;
    const news = outcome !== undefined || (this.switches && command?.switched !== true);
    if (command === undefined || !news || !rooms.ledger.hasRoomToSpare) return false;
    const { counter, order } = command;
    if (outcome === undefined) {
      recorder.append({ kind: "commandStarted", ...command, switched: true });
      return true;
    }
    const { result, detail } = outcome;
    this.outcome = undefined;
    this.switches = false;
    const why = detail === undefined ? {} : { detail };
    recorder.append({ kind: "commandApplied", counter, order, result: ORDER_RESULTS.indexOf(result), ...why });
    return true;
  }

  private get command() {
    const { command } = this.rooms.ledger.durable;
    return command?.order === UPDATE_FIRMWARE ? command : undefined;
  }

  /** The ordered firmware is the one that runs. */
  private get runs(): boolean {
    return this.command?.version === this.rooms.identity.firmwareVersion;
  }
}
