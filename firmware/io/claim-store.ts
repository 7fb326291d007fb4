/**
 * What a board keeps of its claim, in the network's worker and at power-up: the code somebody has typed, and all that
 * the fleet gave for it, in one entry. So a power cut finds a board that is claimed or one that asks again; the fleet
 * gives the same key the same answer.
 */
import { utf8Decode, utf8Encode } from "../../shared/bytes.js";
import { deepFreeze } from "../../shared/freeze.js";
import type { MessageOf } from "../../shared/layout.js";
import type { KeyValueStorage } from "./ecma-419.js";
import { KeyValueEntries } from "./key-value-entries.js";

export const CLAIM_DOMAIN = "claim";
export const GIVEN_ENTRY = "given";
export const CODE_ENTRY = "code";
/** A certificate, the authorities of one fleet, keys and names. */
export const MAX_GIVEN_BYTES = 6_144;
export const MAX_CODE_CHARS = 64;
const KEY_BYTES = 32;
const MAX_EPOCH = 0xffff_ffff;

/** certificate, authorities: DER, those one behind the other. Keys as in `Identity`. */
const GIVEN = deepFreeze({
  machineId: [0, "text"],
  epoch: [1, "uint"],
  voucherKey: [2, "bytes"],
  orderKey: [3, "bytes"],
  certificate: [4, "bytes"],
  authorities: [5, "bytes"],
  brokerHost: [6, "text"],
  brokerPort: [7, "uint"],
});

/** What a claim has brought. */
export type Given = MessageOf<typeof GIVEN>;

export class ClaimStore {
  readonly #entries: KeyValueEntries;

  /** Throws where the platform has no such storage. */
  constructor({ io }: { readonly io: KeyValueStorage }) {
    this.#entries = new KeyValueEntries({ io, path: CLAIM_DOMAIN });
  }

  /** Undefined: this machine is not claimed, or what is there is none. */
  given(machineId: string): Given | undefined {
    const given = this.#entries.readMap(GIVEN_ENTRY, GIVEN, MAX_GIVEN_BYTES);
    return given?.machineId === machineId && isGiven(given) ? given : undefined;
  }

  /** False: the storage does not take it, or it is too long. */
  keep(given: Given): boolean {
    return this.#entries.writeMap(GIVEN_ENTRY, GIVEN, given, MAX_GIVEN_BYTES);
  }

  /** The code that was typed last; undefined: none was. */
  code(): string | undefined {
    const bytes = this.#entries.read(CODE_ENTRY, MAX_CODE_CHARS);
    const text = bytes === undefined ? undefined : utf8Decode(bytes);
    return text === "" ? undefined : text;
  }

  /** "": the code has done its work. False: the storage does not take it. */
  keepCode(code: string): boolean {
    return this.#entries.write(CODE_ENTRY, utf8Encode(code));
  }

  close(): void {
    this.#entries.close();
  }
}

/** What a machine can run with. */
export function isGiven({ epoch, voucherKey, orderKey, brokerHost, brokerPort }: Omit<Given, "machineId">): boolean {
  const keys = voucherKey.length === KEY_BYTES && orderKey.length === KEY_BYTES;
  const broker = brokerHost.length > 0 && brokerPort > 0 && brokerPort <= 0xffff;
  return keys && broker && epoch > 0 && epoch <= MAX_EPOCH;
}
