/**
 * An address given by hand in place of DHCP's: as bytes in the board's secrets, as text for people. What could not work
 * is refused with what is wrong: nobody would reach the machine to mend it.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import type { FixedAddressText } from "../../ports/hardware.js";
import { addressBytes, addressText, isMask, isStation } from "./addresses.js";

/** Name servers there may be; one has to be. */
export const MAX_NAME_SERVERS = 2;

export interface FixedAddress {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
  readonly router: Uint8Array;
  readonly nameServers: readonly Uint8Array[];
}

export const WRONG_ADDRESS = deepFreeze({
  address: "address is none a machine can have, such as 192.168.1.20",
  mask: "mask is none, such as 255.255.255.0",
  host: "address is its network's own or everybody's: another last number",
  gateway: "gateway is none a router can have, such as 192.168.1.1",
  gatewayElsewhere: "gateway is not in the network of address and mask",
  gatewayOurs: "gateway is the machine's own address",
  dns: "dns has to be one or two addresses of name servers",
});
export type WrongAddress = keyof typeof WRONG_ADDRESS;

/** What stands in `text`, or what is wrong with it. */
export function readFixedAddress({ address, mask, gateway, dns }: FixedAddressText): FixedAddress | WrongAddress {
  const none = new Uint8Array(4);
  const fixed = {
    address: addressBytes(address) ?? none,
    mask: addressBytes(mask) ?? none,
    router: addressBytes(gateway) ?? none,
    nameServers: dns.map((server) => addressBytes(server) ?? none),
  };
  return wrongWith(fixed) ?? fixed;
}

/** What keeps `fixed` from working; undefined: nothing that can be seen here. */
export function wrongWith({ address, mask, router, nameServers }: FixedAddress): WrongAddress | undefined {
  if (!isStation(address)) return "address";
  if (!isMask(mask)) return "mask";
  if (!isHost(address, mask)) return "host";
  if (!isStation(router)) return "gateway";
  if (!address.every((byte, i) => (byte & (mask[i] ?? 0)) === ((router[i] ?? 0) & (mask[i] ?? 0)))) {
    return "gatewayElsewhere";
  }
  if (!isHost(router, mask)) return "gateway";
  if (address.every((byte, i) => byte === router[i])) return "gatewayOurs";
  const servers = nameServers.length;
  return servers >= 1 && servers <= MAX_NAME_SERVERS && nameServers.every(isStation) ? undefined : "dns";
}

/** Neither all zeros nor all ones where the mask has zeros. */
function isHost(address: Uint8Array, mask: Uint8Array): boolean {
  const host = address.map((byte, i) => byte & ~(mask[i] ?? 0));
  return host.some((byte) => byte !== 0) && host.some((byte, i) => byte !== (~(mask[i] ?? 0) & 0xff));
}

/** Address, mask, gateway, one or two name servers: four bytes each. Throws RangeError for what would not work. */
export function fixedAddressBytes(fixed: FixedAddress): Uint8Array {
  const wrong = wrongWith(fixed);
  if (wrong !== undefined) throw new RangeError(WRONG_ADDRESS[wrong]);
  const { address, mask, router, nameServers } = fixed;
  return Uint8Array.from([address, mask, router, ...nameServers].flatMap((four) => [...four]));
}

/** Undefined: it is none, or would not work. */
export function decodeFixedAddress(bytes: Uint8Array): FixedAddress | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const at = (place: number): Uint8Array => bytes.slice(4 * place, 4 * place + 4);
  const nameServers = Array.from({ length: Math.max(0, bytes.length / 4 - 3) }, (_, i) => at(3 + i));
  const fixed = { address: at(0), mask: at(1), router: at(2), nameServers };
  return wrongWith(fixed) === undefined ? fixed : undefined;
}

export function fixedAddressText({ address, mask, router, nameServers }: FixedAddress): FixedAddressText {
  const gateway = addressText(router);
  return { address: addressText(address), mask: addressText(mask), gateway, dns: nameServers.map(addressText) };
}
