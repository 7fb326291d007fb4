/**
 * The fleet's end as far as a machine can tell: the cursor rule of design.md §5 over real envelopes, in memory. Stores
 * what follows its mark, skips what it has, answers its mark on a gap, sets a fork aside; the ack follows the commit.
 */
import { chainNext, chainStart, decodeBody } from "../../shared/records/codec.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import {
  type AuditMessage,
  type BatchMessage,
  decodeAudit,
  decodeBatch,
  decodeStatus,
  encodeAck,
  encodeAsk,
  type RawRecord,
  type StatusMessage,
  type TelemetryMessage,
} from "../../shared/wire/messages.js";
import { type HeldBase, readReport } from "../../shared/wire/telemetry.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";
import type { FleetEnd, MqttMessage } from "./network.js";
import type { World } from "./world.js";

/** What the fleet holds of one machine. */
export interface SunkMachine {
  epoch: number;
  /** Raw records; the one with sequence n is at n − 1. */
  readonly raw: RawRecord[];
  /** Chain CRC after each stored record. */
  readonly chains: number[];
  /** Batches set aside because their chain was another. */
  readonly forks: BatchMessage[];
  readonly statuses: StatusMessage[];
  readonly telemetry: TelemetryMessage[];
  /** What changes of telemetry are read against. */
  base: HeldBase | undefined;
  /** Parts of audit reports that orders asked for. */
  readonly audits: AuditMessage[];
  /** Batches answered with the mark alone because records before them were missing. */
  gaps: number;
  /** Records that came again and were skipped. */
  repeats: number;
  /** Payloads that no decoder understood. */
  garbage: number;
}

export class FleetSink implements FleetEnd {
  /** From the arrival of a batch to its commit and ack. */
  commitMs = 30;
  /** Raised by a restore. */
  incarnation = 1;
  /** False: the service is down; batches vanish. */
  up = true;
  /** Batches that have arrived and are not committed yet. */
  committing = 0;
  readonly #world: World;
  readonly #machines = new Map<string, SunkMachine>();
  readonly #lines = new Map<string, (topic: string, payload: Uint8Array) => void>();

  constructor(world: World) {
    this.#world = world;
  }

  machine(machineId: string): SunkMachine {
    let machine = this.#machines.get(machineId);
    if (machine === undefined) {
      machine = {
        epoch: 0,
        raw: [],
        chains: [],
        forks: [],
        statuses: [],
        telemetry: [],
        base: undefined,
        audits: [],
        gaps: 0,
        repeats: 0,
        garbage: 0,
      };
      this.#machines.set(machineId, machine);
    }
    return machine;
  }

  /** Highest sequence committed. */
  mark(machineId: string): number {
    return this.machine(machineId).raw.length;
  }

  /** All committed records that can be read, in sequence. */
  records(machineId: string): readonly LedgerRecord[] {
    const records: LedgerRecord[] = [];
    this.machine(machineId).raw.forEach(({ code, body }, index) => {
      const result = decodeBody(code, index + 1, body);
      if (result.ok) records.push(result.record);
    });
    return records;
  }

  /** The service comes back from a backup that ends at `mark`. */
  restore(machineId: string, mark: number): void {
    const machine = this.machine(machineId);
    machine.raw.length = Math.min(mark, machine.raw.length);
    machine.chains.length = machine.raw.length;
    this.incarnation += 1;
  }

  /** A message to the machine, by the connection it has now; false without one. */
  send(machineId: string, topic: string, payload: Uint8Array): boolean {
    const line = this.#lines.get(machineId);
    line?.(topic, payload);
    return line !== undefined;
  }

  connected(machineId: string, deliver: (topic: string, payload: Uint8Array) => void): void {
    this.#lines.set(machineId, deliver);
  }

  disconnected(machineId: string): void {
    this.#lines.delete(machineId);
  }

  published(machineId: string, { topic, payload }: MqttMessage): void {
    const machine = this.machine(machineId);
    const parsed = parseTopic(topic);
    if (parsed === undefined || parsed.machineId !== machineId) {
      machine.garbage += 1;
    } else if (parsed.channel === "status") {
      const status = decodeStatus(payload);
      if (status.ok) machine.statuses.push(status.message);
      else machine.garbage += 1;
    } else if (parsed.channel === "telemetry") {
      this.#reported(machineId, machine, payload);
    } else if (parsed.channel === "audit") {
      const audit = decodeAudit(payload);
      if (audit.ok) machine.audits.push(audit.message);
      else machine.garbage += 1;
    } else {
      const batch = decodeBatch(payload);
      if (batch.ok && this.up) this.#take(machineId, batch.message);
      else machine.garbage += batch.ok ? 0 : 1;
    }
  }

  #reported(machineId: string, machine: SunkMachine, payload: Uint8Array): void {
    const reading = readReport(machine.base, payload.slice());
    if (reading.is === "read") {
      machine.telemetry.push(reading.message);
      machine.base = reading.held;
    } else if (reading.is === "baseMissing") {
      this.send(machineId, topicOf(machineId, "acks"), encodeAsk({ epoch: reading.epoch, whole: true }));
    } else if (reading.is === "refused") {
      machine.garbage += 1;
    }
  }

  /** The ack goes by the connection the batch came by. */
  #take(machineId: string, batch: BatchMessage): void {
    const line = this.#lines.get(machineId);
    this.committing += 1;
    this.#world.after(this.commitMs * 1_000, () => {
      this.committing -= 1;
      if (!this.up || !this.#commit(this.machine(machineId), batch)) return;
      const { incarnation } = this;
      const { epoch } = batch;
      line?.(topicOf(machineId, "acks"), encodeAck({ epoch, mark: this.mark(machineId), incarnation }));
    });
  }

  /** False where no ack may be sent: a fork, or an epoch of the past. */
  #commit(machine: SunkMachine, batch: BatchMessage): boolean {
    if (batch.epoch < machine.epoch) return false;
    if (batch.epoch > machine.epoch) {
      machine.epoch = batch.epoch;
      machine.raw.length = 0;
      machine.chains.length = 0;
    }
    const mark = machine.raw.length;
    if (batch.firstSeq > mark + 1) {
      machine.gaps += 1;
      return true;
    }
    const before = machine.chains[batch.firstSeq - 2] ?? chainStart(batch.epoch);
    if (batch.firstSeq < 1 || before !== batch.chain) {
      machine.forks.push(batch);
      return false;
    }
    const chains = chainsOf(batch);
    const known = Math.min(mark - batch.firstSeq + 1, chains.length);
    if (known > 0 && machine.chains[batch.firstSeq + known - 2] !== chains[known - 1]) {
      machine.forks.push(batch);
      return false;
    }
    machine.repeats += known;
    machine.raw.push(...batch.records.slice(known));
    machine.chains.push(...chains.slice(known));
    return true;
  }
}

/** Chain CRC after each record of a batch. */
function chainsOf({ firstSeq, chain, records }: BatchMessage): number[] {
  const chains: number[] = [];
  records.forEach(({ code, body }, index) => {
    chains.push(chainNext(chains[index - 1] ?? chain, code, firstSeq + index, body));
  });
  return chains;
}
