/** What the secret store and the board's key become for the worker. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boardConfig, openBoardNetwork, toPkcs8 } from "../../../../firmware/io/net/board-network.js";
import { decodeConfig, encodeConfig } from "../../../../firmware/io/net/config.js";
import { SimClockwork } from "../../../../tools/bench/sockets.js";
import { newKey } from "../../../../tools/measure/certificates.js";

const test = suite("network of a board");

const KEY = newKey();
const OPTIONS = {
  secrets: {
    ssid: "cellar",
    password: "12345678",
    brokerHost: "broker.example",
    brokerPort: 8883,
    brokerCa: new Uint8Array(900),
    certificate: new Uint8Array(900),
    timeHost: "time.example",
    imageKey: new Uint8Array(384),
  },
  machineId: "M-1",
  board: "devkit",
  privateKey: new Uint8Array(KEY.export({ type: "pkcs1", format: "der" })),
  buildS: 1_750_000_000,
  newestRecordS: 1_760_000_000,
  clockwork: new SimClockwork(),
  startWorker: () => {
    throw new Error("not before it is announced");
  },
  deliver: () => {},
};

test("the board's key goes into PKCS #8 as Node writes it", () => {
  assert.equal(toPkcs8(OPTIONS.privateKey), new Uint8Array(KEY.export({ type: "pkcs8", format: "der" })));
});

test("a provisioned board has a network whose configuration fits a frame; the clock's floor is the newer time", () => {
  const config = boardConfig(OPTIONS);
  if (config === undefined) throw new Error("no configuration");
  assert.is(config.floorS, 1_760_000_000);
  const again = decodeConfig(encodeConfig(config));
  assert.equal(again.ok && again.message, config);
  openBoardNetwork(OPTIONS)?.close();
});

test("no secrets or no key: no network", () => {
  assert.is(openBoardNetwork({ ...OPTIONS, secrets: undefined }), undefined);
  assert.is(openBoardNetwork({ ...OPTIONS, privateKey: undefined }), undefined);
});

test.run();
