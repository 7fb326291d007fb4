/** Things that go wrong on the bus, ready to be injected into a `Wire`. */
import { ACK } from "../../shared/mdb/link.js";
import type { InjectedFault, Side, Transmission, Wire, WireAct } from "./wire.js";

/** The whole transmission never arrives. */
export const loseAll: WireAct = (words) => words.map(() => undefined);

/** One word of it never arrives; a negative index counts from the end. */
export function loseWord(index: number): WireAct {
  return (words) => words.map((word, at) => (at === (index < 0 ? words.length + index : index) ? undefined : word));
}

/** One word of it arrives with the bits of `mask` turned over; a negative index counts from the end. */
export function flipBits(index: number, mask: number): WireAct {
  return (words) => words.map((word, at) => (at === (index < 0 ? words.length + index : index) ? word ^ mask : word));
}

/** The VMC's lone ACK after a data block. */
export function isVmcAck(transmission: Transmission): boolean {
  return transmission.from === "vmc" && transmission.words.length === 1 && transmission.words[0] === ACK;
}

/** A peripheral's data block whose first bytes are these. */
export function startsWith(...bytes: readonly number[]): (transmission: Transmission) => boolean {
  return ({ words }) => words.length > bytes.length && bytes.every((byte, i) => ((words[i] ?? 0) & 0xff) === byte);
}

/** Loses the next `times` ACKs of the VMC to this device. */
export function loseVmcAcks(wire: Wire, address: number, times = 1): InjectedFault {
  return wire.inject({ from: "vmc", address, matches: isVmcAck, times, act: loseAll });
}

/** Nothing this device says arrives until the fault is removed. */
export function silence(wire: Wire, address: number): InjectedFault {
  return wire.inject({ from: "peripheral", address, times: Number.POSITIVE_INFINITY, act: loseAll });
}

/** Acts on the n-th word (0 = next) that a side sends from now on, whatever transmission it is in. */
export function atWord(wire: Wire, from: Side, n: number, mask: number | "lose"): InjectedFault {
  let left = n;
  const hit = (transmission: Transmission): boolean => {
    if (left >= transmission.words.length) {
      left -= transmission.words.length;
      return false;
    }
    return true;
  };
  const act: WireAct = (words, rng) => (mask === "lose" ? loseWord(left) : flipBits(left, mask))(words, rng);
  return wire.inject({ from, matches: hit, act });
}
