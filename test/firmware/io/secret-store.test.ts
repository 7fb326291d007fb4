/** Identity and network secrets: as provisioned, or none at all. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  type IdentitySecrets,
  MAX_ENTRY_BYTES,
  NETWORK_ENTRY,
  type NetworkSecrets,
  SECRET_DOMAIN,
  SecretStore,
} from "../../../firmware/io/secret-store.js";
import { SimKeyValueStorage } from "../../support/io/storage.js";

const test = suite("firmware/io secret store");

const IDENTITY: IdentitySecrets = {
  machineId: "M-1234",
  model: "Spiral 10",
  epoch: 7,
  voucherKey: new Uint8Array(32).fill(1),
  orderKey: new Uint8Array(32).fill(2),
};
const NETWORK: NetworkSecrets = {
  ssid: "shop",
  password: "none of anybody's",
  brokerHost: "broker.example",
  brokerPort: 8_883,
  brokerCa: new Uint8Array(1_200).fill(3),
  certificate: new Uint8Array(1_100).fill(4),
  timeHost: "time.example",
  imageKey: new Uint8Array(384).fill(5),
};

function bench() {
  const io = new SimKeyValueStorage();
  const put = (entry: string, bytes: Uint8Array): unknown => io.entries.set(`${SECRET_DOMAIN}/${entry}`, bytes);
  return { io, put, store: new SecretStore({ io }) };
}

test("a board nobody has provisioned has neither", () => {
  const { store } = bench();
  assert.is(store.identity("0.1.0"), undefined);
  assert.is(store.network(), undefined);
});

test("what provisioning wrote is read, with the firmware's own version", () => {
  const { put, store } = bench();
  put(IDENTITY_ENTRY, encodeIdentity(IDENTITY));
  put(NETWORK_ENTRY, encodeNetwork(NETWORK));
  assert.equal(store.identity("0.1.0"), { ...IDENTITY, firmwareVersion: "0.1.0" });
  assert.equal(store.network(), NETWORK);
});

test("without Wi-Fi: Ethernet", () => {
  const { put, store } = bench();
  const { ssid, password, ...wired } = NETWORK;
  assert.ok(ssid !== undefined && password !== undefined);
  put(NETWORK_ENTRY, encodeNetwork(wired));
  assert.equal(store.network(), wired);
});

/** A copy with another byte at `at`. */
function changed(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = byte;
  return copy;
}

test("addresses by hand: those that could not work are not written, and what is on flash of them is no network", () => {
  const { put, store } = bench();
  const cableAddress = Uint8Array.of(192, 168, 1, 20, 255, 255, 255, 0, 192, 168, 1, 1, 9, 9, 9, 9);
  put(NETWORK_ENTRY, encodeNetwork({ ...NETWORK, cableAddress }));
  assert.equal(store.network(), { ...NETWORK, cableAddress });
  const elsewhere = changed(cableAddress, 10, 2);
  assert.throws(() => encodeNetwork({ ...NETWORK, wifiAddress: elsewhere }), /no addresses/);
  const whole = encodeNetwork({ ...NETWORK, cableAddress });
  const at = whole.findIndex((_byte, i) => cableAddress.every((byte, j) => whole[i + j] === byte));
  assert.ok(at > 0);
  put(NETWORK_ENTRY, changed(whole, at + 10, 2));
  assert.is(store.network(), undefined);
});

test("no identity is written that the machine would refuse", () => {
  const bad: Partial<IdentitySecrets>[] = [
    { machineId: "" },
    { machineId: "m-1234" },
    { machineId: "A".repeat(33) },
    { model: "" },
    { epoch: 0 },
    { epoch: 0x1_0000_0000 },
    { voucherKey: new Uint8Array(31) },
    { orderKey: new Uint8Array(0) },
  ];
  for (const change of bad) assert.throws(() => encodeIdentity({ ...IDENTITY, ...change }), /no identity/);
  const long = { ...NETWORK, brokerCa: new Uint8Array(MAX_ENTRY_BYTES) };
  assert.throws(() => encodeNetwork(long), RangeError);
});

test("what is torn, foreign, too long or of another type is none", () => {
  const { io, put, store } = bench();
  const whole = encodeIdentity(IDENTITY);
  for (const bytes of [
    whole.slice(0, -1),
    Uint8Array.of(0xa0),
    new Uint8Array(0),
    new Uint8Array(MAX_ENTRY_BYTES + 1),
  ]) {
    put(IDENTITY_ENTRY, bytes);
    assert.is(store.identity("0.1.0"), undefined);
  }
  put(IDENTITY_ENTRY, whole);
  io.mismatched.push(IDENTITY_ENTRY);
  assert.is(store.identity("0.1.0"), undefined);
});

test("close: twice is once, nothing is read after it", () => {
  const { store } = bench();
  store.close();
  store.close();
  assert.throws(() => store.identity("0.1.0"), /closed/);
  assert.throws(() => store.network(), /closed/);
});

test.run();
