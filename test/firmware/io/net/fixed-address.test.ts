/** An address by hand: what could not work is refused by name, and what is written is what the board reads. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeFixedAddress,
  fixedAddressBytes,
  fixedAddressText,
  MAX_NAME_SERVERS,
  readFixedAddress,
  type WrongAddress,
} from "../../../../firmware/io/net/fixed-address.js";
import type { FixedAddressText } from "../../../../firmware/ports/hardware.js";

const test = suite("network: fixed address");
const SHOP: FixedAddressText = {
  address: "192.168.1.20",
  mask: "255.255.255.0",
  gateway: "192.168.1.1",
  dns: ["192.168.1.1", "9.9.9.9"],
};

test("written, read and shown it is the same, with one name server or two", () => {
  for (const dns of [SHOP.dns, ["9.9.9.9"]]) {
    const fixed = readFixedAddress({ ...SHOP, dns });
    assert.ok(typeof fixed !== "string");
    const bytes = fixedAddressBytes(fixed);
    assert.is(bytes.length, 12 + 4 * dns.length);
    const read = decodeFixedAddress(bytes);
    assert.ok(read !== undefined);
    assert.equal(fixedAddressText(read), { ...SHOP, dns });
  }
});

const WRONG: readonly (readonly [WrongAddress, Partial<FixedAddressText>])[] = [
  ["address", { address: "" }],
  ["address", { address: "192.168.1" }],
  ["address", { address: "192.168.1.256" }],
  ["address", { address: "192.168.01.20" }],
  ["address", { address: "127.0.0.1", gateway: "127.0.0.2" }],
  ["address", { address: "224.0.0.1" }],
  ["mask", { mask: "255.255.0.255" }],
  ["mask", { mask: "0.0.0.0" }],
  ["mask", { mask: "255.255.255.255" }],
  ["mask", { mask: "24" }],
  ["host", { address: "192.168.1.0" }],
  ["host", { address: "192.168.1.255" }],
  ["host", { address: "192.168.1.31", mask: "255.255.255.224" }],
  ["gateway", { gateway: "router" }],
  ["gateway", { gateway: "192.168.1.255" }],
  ["gatewayElsewhere", { gateway: "192.168.2.1" }],
  ["gatewayElsewhere", { gateway: "192.168.1.129", mask: "255.255.255.128" }],
  ["gatewayOurs", { gateway: "192.168.1.20" }],
  ["dns", { dns: [] }],
  ["dns", { dns: ["9.9.9.9", "nine"] }],
  ["dns", { dns: Array.from({ length: MAX_NAME_SERVERS + 1 }, () => "9.9.9.9") }],
];

for (const [wrong, change] of WRONG) {
  test(`refused: ${JSON.stringify(change)}`, () => {
    assert.is(readFixedAddress({ ...SHOP, ...change }), wrong);
  });
}

test("bytes that are none, or could not work, are no address; none of those is written", () => {
  const fixed = readFixedAddress(SHOP);
  assert.ok(typeof fixed !== "string");
  const bytes = fixedAddressBytes(fixed);
  for (const length of [0, 4, 12, bytes.length - 1]) {
    assert.is(decodeFixedAddress(bytes.subarray(0, length)), undefined, String(length));
  }
  assert.is(decodeFixedAddress(Uint8Array.of(...bytes, 9, 9, 9, 9)), undefined);
  assert.is(decodeFixedAddress(new Uint8Array(16)), undefined);
  const elsewhere = { ...fixed, router: Uint8Array.of(10, 0, 0, 1) };
  assert.throws(() => fixedAddressBytes(elsewhere), /gateway is not in the network of address and mask/);
});

test.run();
