/**
 * Everything a machine was told in a run on Node, so that the very same machine can live through it alone, without the
 * simulated world around it: what it was started with, each input with its time, and what ports have answered. Flash
 * needs no record: what it reads is what was written.
 */
import type { BootFacts, MachinePorts } from "../../firmware/machine/types.js";
import type { Identity, SensorSnapshot } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { toHex } from "../../shared/bytes.js";
import type { BootCause } from "../../shared/records/kinds.js";
import type { Listener } from "../bench/cabinet.js";

/** A tick alone is its time. answers: what random and network answered meanwhile, in order. */
export type Moment =
  | number
  | { readonly ms: number; readonly input: WorldInput; readonly answers: readonly (number | boolean)[] };

/** What the machine was started with. The ledger's flash was empty, the documents' is given. */
export interface Start {
  readonly identity: Identity;
  readonly sensors: SensorSnapshot;
  readonly cause: BootCause;
  readonly nowMs: number;
  readonly ledgerBlocks: number;
  readonly documents: Uint8Array;
  readonly answers: readonly (number | boolean)[];
}

/** Listens to one start of a machine and all that follows. */
export class Tape {
  start: Start | undefined;
  /** Blocks the machine has sent on the bus. */
  blocksSent = 0;
  private moments: Moment[] = [];
  private answers: (number | boolean)[] = [];

  readonly listen = (facts: BootFacts, nowMs: number): Listener => {
    if (this.start !== undefined) throw new Error("tape: one start only");
    const { ports, identity, sensors, cause } = facts;
    const { documentFlash, ledgerFlash } = ports;
    const documents = documentFlash.read(0, documentFlash.blocks * documentFlash.blockBytes);
    return {
      ports: this.hear(ports),
      around: (machine) => {
        const answers = this.takeAnswers();
        this.start = { identity, sensors, cause, nowMs, ledgerBlocks: ledgerFlash.blocks, documents, answers };
        return {
          input: (input, ms) => {
            machine.input(input, ms);
            const given = this.takeAnswers();
            this.moments.push(input.on === "tick" && given.length === 0 ? ms : { ms, input, answers: given });
          },
          dueMs: () => machine.dueMs(),
        };
      },
    };
  };

  /** What was recorded since it was last asked for. */
  take(): Moment[] {
    const taken = this.moments;
    this.moments = [];
    return taken;
  }

  private takeAnswers(): (number | boolean)[] {
    const taken = this.answers;
    this.answers = [];
    return taken;
  }

  private hear(ports: MachinePorts): MachinePorts {
    const { network, random, link } = ports;
    const keep = <Answer extends number | boolean>(answer: Answer): Answer => {
      this.answers.push(answer);
      return answer;
    };
    return {
      ...ports,
      link: {
        send: (block, options) => {
          this.blocksSent += 1;
          link.send(block, options);
        },
        release: () => link.release(),
        busReset: () => link.busReset(),
      },
      random: { below: (bound) => keep(random.below(bound)) },
      network: {
        publish: (topic, payload, qos) => keep(network.publish(topic, payload, qos)),
        announce: (announcement) => network.announce(announcement),
      },
    };
  }
}

/** As the text of an expression, to be evaluated where a function `bytes` makes bytes of hexadecimal digits. */
export function asExpression(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes("${toHex(value)}")`;
  if (Array.isArray(value)) return `[${value.map(asExpression).join()}]`;
  if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : JSON.stringify(value);
  return `{${Object.entries(value).map(([key, held]) => `${key}:${asExpression(held)}`)}}`;
}
