/**
 * The one table of executors: what each effect of a room does. The ledger's append is over when `append` returns;
 * everything between rooms waits its turn in the queue.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { encodeAudit, encodeBatch } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { DeliveryEvent, MdbEvent } from "../ports/rooms.js";
import type { Recorder } from "./recorder.js";
import type { Rooms } from "./rooms.js";
import type { Effect, MachinePorts, Task } from "./types.js";
import type { Upkeep } from "./upkeep.js";

const ACK_FIRST = Object.freeze({ ackFirst: true });
const ACK_AFTER = Object.freeze({ ackFirst: false });

/** By index of READERS. */
const READER_OFFLINE = deepFreeze(["reader1Offline", "reader2Offline"] as const);

/** What effects need of the machine. */
export interface Executor {
  readonly ports: MachinePorts;
  readonly rooms: Rooms;
  readonly recorder: Recorder;
  readonly upkeep: Upkeep;
  push(task: Task): void;
}

export function perform(effect: Effect, machine: Executor): void {
  const { ports, rooms, recorder } = machine;
  switch (effect.do) {
    case "append":
      return recorder.append(effect.record);
    case "busReset":
      return ports.link.busReset();
    case "send":
      return ports.link.send(effect.block, effect.ackFirst ? ACK_FIRST : ACK_AFTER);
    case "release":
      return ports.link.release();
    case "mdbEvent":
      return onMdbEvent(effect.event, machine);
    case "mdb":
      return machine.push({ to: "mdb", input: { on: "order", order: effect.order } });
    case "cash":
      return machine.push({ to: "cash", input: { on: "order", order: effect.order } });
    case "card":
      return machine.push({ to: "cards", input: { on: "order", order: effect.order } });
    case "deliver":
      if (effect.order.delivery !== "prepare") rooms.lastSlot = rooms.ledger.durable.vend?.slot ?? rooms.lastSlot;
      return machine.push({ to: "delivery", input: { on: "order", order: effect.order } });
    case "tellSale":
      if ("cash" in effect.event) return machine.push({ to: "sale", input: { on: "cash", event: effect.event } });
      if ("card" in effect.event) return machine.push({ to: "sale", input: { on: "card", event: effect.event } });
      return tellSale(effect.event, machine);
    case "motor":
      rooms.motorRuns = true;
      return ports.motors.turn(effect.column, effect.maxMs, (effect.noted && rooms.ledger.durable.vend?.saleNo) || 0);
    case "motorStop":
      return ports.motors.stop();
    case "emitter":
      return ports.beam.emitter(effect.on);
    case "compressor":
      ports.compressor?.cool(effect.on);
      return;
    case "fault":
      return recorder.fault(effect.fault, effect.present, "slot" in effect ? effect.slot : undefined);
    case "sendBatch":
      ports.network.publish(topicOf(rooms.identity.machineId, "events"), encodeBatch(effect.batch), 1);
      return;
    case "answerAudit":
      ports.network.publish(topicOf(rooms.identity.machineId, "audit"), encodeAudit(effect.message), 1);
      return;
    case "putDocument":
      return machine.upkeep.putDocument(effect.document);
    case "startUpdate":
      ports.update?.begin(effect.manifest);
      return;
    case "dexSend":
      ports.dex?.send(effect.bytes);
      return;
    case "moveMark":
      return rooms.ledger.acked(effect.mark);
  }
}

function tellSale(event: DeliveryEvent, machine: Executor): void {
  if (event.delivery === "trouble") return machine.recorder.troubleOf(event.column, event.fault, event.present);
  machine.push({ to: "sale", input: { on: "delivery", event } });
}

function onMdbEvent(event: MdbEvent, machine: Executor): void {
  const { rooms, recorder } = machine;
  switch (event.event) {
    case "trouble":
      return recorder.fault(event.fault, event.present);
    case "lever":
      return machine.push({ to: "sale", input: { on: "lever" } });
    case "changerReady":
    case "changerLost":
      rooms.changerKnown = true;
      recorder.fault("changerOffline", event.event === "changerLost");
      break;
    case "validatorReady":
    case "validatorLost":
      rooms.validatorKnown = true;
      recorder.fault("validatorOffline", event.event === "validatorLost");
      break;
    case "readerReady":
    case "readerLost":
      recorder.fault(READER_OFFLINE[event.reader] ?? "reader1Offline", event.event === "readerLost");
      break;
    default:
      break;
  }
  // Nothing in the machine has use for files yet.
  if ("device" in event) return;
  if ("reader" in event) machine.push({ to: "cards", input: { on: "reader", event } });
  else machine.push({ to: "cash", input: { on: "mdb", event } });
}
