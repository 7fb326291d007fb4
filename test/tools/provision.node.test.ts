/** A board is provisioned with what its secret store reads; what is wrong is named before anything is flashed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SECRET_DOMAIN, SecretStore } from "../../firmware/io/secret-store.js";
import { secretsTable } from "../../tools/provision/secrets.js";
import { SimKeyValueStorage } from "../support/io/storage.js";

const test = suite("provision");
const DER = new Uint8Array(900).fill(7);
const read = (): Uint8Array => DER;
const SECRETS = {
  identity: {
    machineId: "M-1234",
    model: "Spiral 10",
    epoch: 3,
    voucherKey: "1a".repeat(32),
    orderKey: "2b".repeat(32),
  },
  network: {
    ssid: "shop",
    password: "word",
    brokerHost: "broker.example",
    brokerPort: 8_883,
    timeHost: "time.example",
    brokerCa: "ca.der",
    certificate: "machine.der",
    imageKey: "images.bin",
  },
};

/** A board whose partition was made of the table. */
function flashed(table: string): SecretStore {
  const io = new SimKeyValueStorage();
  for (const row of table.trimEnd().split("\n").slice(2)) {
    const [key = "", , encoding, value = ""] = row.split(",");
    assert.is(encoding, "hex2bin");
    io.entries.set(
      `${SECRET_DOMAIN}/${key}`,
      Uint8Array.from(value.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    );
  }
  return new SecretStore({ io });
}

test("the board reads what was said of it", () => {
  const table = secretsTable(SECRETS, read);
  assert.ok(table.startsWith("key,type,encoding,value\nspiral,namespace,,\nidentity,data,hex2bin,"));
  const store = flashed(table);
  assert.is(store.identity("0.1.0")?.machineId, "M-1234");
  assert.equal(store.identity("0.1.0")?.orderKey, new Uint8Array(32).fill(0x2b));
  assert.equal(store.network()?.brokerCa, DER);
  assert.is(store.network()?.ssid, "shop");
  assert.is(store.network()?.doorHost, undefined);
  const network = { ...SECRETS.network, doorHost: "door.example", doorPort: 8_443 };
  const { doorHost, doorPort } = flashed(secretsTable({ ...SECRETS, network }, read)).network() ?? {};
  assert.equal([doorHost, doorPort], ["door.example", 8_443]);
});

test("without network, and with one by cable", () => {
  const { identity, network } = SECRETS;
  assert.is(flashed(secretsTable({ identity }, read)).network(), undefined);
  const { ssid, password, ...wired } = network;
  assert.ok(ssid !== "" && password !== "");
  assert.is(flashed(secretsTable({ identity, network: wired }, read)).network()?.ssid, undefined);
});

test("a board that claims itself: with a code, or one that is typed, and with an identity to sell by meanwhile", () => {
  const { brokerHost, brokerPort, certificate, ...rest } = SECRETS.network;
  assert.ok(brokerHost !== "" && brokerPort > 0 && certificate !== "");
  const network = { ...rest, doorHost: "door.example", doorPort: 8_443 };
  const claim = { machineId: "M-1234", model: "Spiral 10", code: "abcde-fghjk-mnpqr-stvwx" };
  const board = flashed(secretsTable({ claim, network }, read));
  const { machineId, code, place } = board.pendingClaim() ?? {};
  assert.equal([machineId, code], ["M-1234", "ABCDEFGHJKMNPQRSTVWX"]);
  assert.equal([place?.doorHost, place?.doorPort, place?.ssid], ["door.example", 8_443, "shop"]);
  assert.equal([board.identity("0.1.0")?.epoch, board.network()], [0, undefined]);
  const { code: _typed, ...bare } = claim;
  assert.is(flashed(secretsTable({ claim: bare, network }, read)).pendingClaim()?.code, undefined);
  const { identity } = SECRETS;
  const sells = flashed(secretsTable({ identity, claim, network }, read));
  assert.equal([sells.identity("0.1.0")?.epoch, sells.pendingClaim()?.machineId], [3, "M-1234"]);
  const refused = (change: object, wrong: RegExp): void => {
    assert.throws(() => secretsTable({ claim, network, ...change }, read), wrong);
  };
  refused({ claim: { ...claim, code: "ABC" } }, /code is no claim code/);
  refused({ claim: { ...claim, machineId: "M-1" }, identity }, /two machines/);
  refused({ network: SECRETS.network }, /brokerHost comes with the claim/);
  refused({ network: rest }, /doorHost is no text/);
  refused({ network: undefined }, /network is missing/);
});

test("addresses by hand, for cable and Wi-Fi; nonsense is refused with what is wrong, and where", () => {
  const { identity, network } = SECRETS;
  const shop = { address: "192.168.1.20", mask: "255.255.255.0", gateway: "192.168.1.1", dns: ["9.9.9.9"] };
  const cellar = { ...shop, address: "192.168.1.21" };
  const table = secretsTable({ identity, network: { ...network, cableAddress: shop, wifiAddress: cellar } }, read);
  const { cableAddress = DER, wifiAddress = DER } = flashed(table).network() ?? {};
  assert.equal([...cableAddress.slice(0, 4), ...wifiAddress.slice(0, 4)], [192, 168, 1, 20, 192, 168, 1, 21]);
  const refused = (change: object): (() => unknown) => {
    const wifi = { ...network, wifiAddress: { ...shop, ...change } };
    return () => secretsTable({ identity, network: wifi }, read);
  };
  assert.throws(refused({ address: 20 }), /address is no text/);
  assert.throws(refused({ address: "192.168.1.255" }), /wifiAddress: address is its network's own or everybody's/);
  assert.throws(refused({ mask: "255.0.255.0" }), /wifiAddress: mask is none/);
  assert.throws(refused({ gateway: "10.0.0.1" }), /wifiAddress: gateway is not in the network/);
  assert.throws(refused({ dns: "9.9.9.9" }), /wifiAddress: dns has to be one or two/);
});

test("what is missing or wrong is named", () => {
  const { identity, network } = SECRETS;
  assert.throws(() => secretsTable({}, read), /identity is missing/);
  assert.throws(() => secretsTable({ identity: { ...identity, epoch: "1" } }, read), /epoch is no whole number/);
  assert.throws(() => secretsTable({ identity: { ...identity, orderKey: "1a" } }, read), /orderKey is not 64/);
  assert.throws(() => secretsTable({ identity: { ...identity, machineId: "m 1" } }, read), /no identity/);
  assert.throws(
    () => secretsTable({ identity, network: { ...network, doorHost: "door.example" } }, read),
    /doorPort is no whole number/,
  );
  assert.throws(
    () => secretsTable({ identity, network: { ...network, brokerHost: "" } }, read),
    /brokerHost is no text/,
  );
});

test.run();
