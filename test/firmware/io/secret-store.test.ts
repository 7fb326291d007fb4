/** Identity and network secrets: as provisioned, or none at all. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClaimStore, type Given } from "../../../firmware/io/claim-store.js";
import {
  CLAIM_ENTRY,
  encodeClaim,
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  type IdentitySecrets,
  MAX_ENTRY_BYTES,
  NETWORK_ENTRY,
  type NetworkPlace,
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

const PLACE: NetworkPlace = {
  ssid: "shop",
  password: "none of anybody's",
  brokerCa: new Uint8Array(1_200).fill(3),
  timeHost: "time.example",
  imageKey: new Uint8Array(384).fill(5),
  doorHost: "door.example",
  doorPort: 8_443,
};
const GIVEN: Given = {
  machineId: "M-1234",
  epoch: 9,
  voucherKey: new Uint8Array(32).fill(6),
  orderKey: new Uint8Array(32).fill(7),
  certificate: new Uint8Array(1_100).fill(8),
  authorities: new Uint8Array(2_000).fill(9),
  brokerHost: "another.example",
  brokerPort: 8_884,
};
const CLAIM = { machineId: "M-1234", model: "Spiral 10", code: "ABCDE" };

test("a board with a name and a code: to be claimed, without an epoch; claimed, it is what the fleet has given", () => {
  const { io, put, store } = bench();
  put(NETWORK_ENTRY, encodeNetwork(PLACE));
  assert.is(store.pendingClaim(), undefined, "nobody says which machine");
  put(CLAIM_ENTRY, encodeClaim(CLAIM));
  assert.equal(store.pendingClaim(), { machineId: "M-1234", code: "ABCDE", place: PLACE });
  const noKey = new Uint8Array(32);
  const { model, machineId } = CLAIM;
  const bare = { machineId, model, epoch: 0, voucherKey: noKey, orderKey: noKey, firmwareVersion: "0.1.0" };
  assert.equal([store.identity("0.1.0"), store.network()], [bare, undefined]);
  assert.ok(new ClaimStore({ io }).keep({ ...GIVEN, machineId: "M-1" }));
  assert.equal(store.identity("0.1.0"), bare, "what another machine was given is not its own");
  assert.ok(new ClaimStore({ io }).keep(GIVEN));
  const { epoch, voucherKey, orderKey, brokerHost, brokerPort, certificate } = GIVEN;
  assert.equal(store.identity("0.2.0"), { machineId, model, epoch, voucherKey, orderKey, firmwareVersion: "0.2.0" });
  assert.equal(store.network(), { ...PLACE, brokerHost, brokerPort, certificate, brokerCa: GIVEN.authorities });
  assert.is(store.pendingClaim(), undefined);
});

test("an identity that was provisioned stays in force until the claim has brought another", () => {
  const { io, put, store } = bench();
  put(IDENTITY_ENTRY, encodeIdentity(IDENTITY));
  put(CLAIM_ENTRY, encodeClaim(CLAIM));
  put(NETWORK_ENTRY, encodeNetwork(PLACE));
  assert.equal(store.identity("0.1.0"), { ...IDENTITY, firmwareVersion: "0.1.0" });
  assert.ok(store.pendingClaim() !== undefined);
  assert.ok(new ClaimStore({ io }).keep(GIVEN));
  assert.is(store.identity("0.1.0")?.epoch, GIVEN.epoch);
});

test("a board with a certificate has nothing to claim; what a claim has left behind is none of it", () => {
  const { io, put, store } = bench();
  put(CLAIM_ENTRY, encodeClaim(CLAIM));
  put(NETWORK_ENTRY, encodeNetwork({ ...NETWORK, doorHost: "door.example", doorPort: 8_443 }));
  assert.is(store.pendingClaim(), undefined);
  assert.ok(new ClaimStore({ io }).keep(GIVEN));
  io.entries.delete(`${SECRET_DOMAIN}/${CLAIM_ENTRY}`);
  put(IDENTITY_ENTRY, encodeIdentity(IDENTITY));
  assert.equal(store.identity("0.1.0")?.epoch, IDENTITY.epoch);
  assert.equal(store.network()?.brokerHost, NETWORK.brokerHost);
});

test("no claim is written that the machine would refuse, and no place without a door", () => {
  for (const change of [{ machineId: "m-1" }, { model: "" }, { code: "9".repeat(65) }]) {
    assert.throws(() => encodeClaim({ ...CLAIM, ...change }), /no claim/);
  }
  const { doorPort, ...doorless } = PLACE;
  assert.is(doorPort, 8_443);
  for (const half of [doorless, { ...PLACE, brokerHost: "broker.example" }]) {
    assert.throws(() => encodeNetwork(half as NetworkPlace), /no addresses/);
  }
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
