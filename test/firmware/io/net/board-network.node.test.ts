/** The network of a board: what secrets and key become for the worker, and what it waits for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BoardNetwork,
  type BoardNetworkOptions,
  boardConfig,
  toPkcs8,
} from "../../../../firmware/io/net/board-network.js";
import { buildTimeS, decodeConfig, encodeConfig, RELEASE_S } from "../../../../firmware/io/net/config.js";
import { decodeToWorker, type ToWorker } from "../../../../firmware/io/net/frames.js";
import { SimClockwork } from "../../../../tools/bench/sockets.js";
import { newKey } from "../../../../tools/measure/certificates.js";

const test = suite("network of a board");

const KEY = newKey();
const PKCS1 = new Uint8Array(KEY.export({ type: "pkcs1", format: "der" }));
const ANNOUNCEMENT = { birth: () => new Uint8Array(1), will: () => new Uint8Array(1) };

/** A key as native/device-key has it: made in the background, read only when it is ready. */
class SimKey {
  state: "making" | "ready" | "failed" = "making";

  privateKey(): ArrayBuffer {
    if (this.state !== "ready") throw new Error("not ready");
    return PKCS1.slice().buffer;
  }
}

class Scene {
  readonly key = new SimKey();
  readonly posted: ToWorker[] = [];
  workers = 0;
  readonly network: BoardNetwork;

  constructor(change: Partial<BoardNetworkOptions> = {}) {
    this.network = new BoardNetwork({ ...this.options, ...change });
  }

  get options(): BoardNetworkOptions {
    return {
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
      key: this.key,
      buildS: 1_750_000_000,
      clockwork: new SimClockwork(),
      startWorker: () => {
        this.workers += 1;
        return {
          post: (frame) => {
            const read = decodeToWorker(frame);
            if (read !== undefined) this.posted.push(read);
          },
          terminate: () => {},
        };
      },
      deliver: () => {},
    };
  }
}

test("the board's key goes into PKCS #8 as Node writes it", () => {
  assert.equal(toPkcs8(PKCS1), new Uint8Array(KEY.export({ type: "pkcs8", format: "der" })));
});

test("the clock's floor is the newer of build time and newest record, and the configuration fits a frame", () => {
  const { key, options } = new Scene();
  key.state = "ready";
  for (const [newestS, floorS] of [
    [1_760_000_000, 1_760_000_000],
    [0, 1_750_000_000],
  ] as const) {
    const config = boardConfig(options, newestS);
    if (config === undefined) throw new Error("no configuration");
    assert.is(config.floorS, floorS);
    const again = decodeConfig(encodeConfig(config));
    assert.equal(again.ok && again.message, config);
  }
});

test("build time comes from the build, and is never before the release", () => {
  assert.is(buildTimeS("1790000000"), 1_790_000_000);
  assert.is(buildTimeS(1_790_000_000), 1_790_000_000);
  for (const none of [undefined, "", "today", 5, -1, Number.NaN, "1e99", {}]) assert.is(buildTimeS(none), RELEASE_S);
});

test("a key that is being made: the machine runs without network, which opens once it is there", () => {
  const { network, key, posted } = new Scene();
  network.announce(ANNOUNCEMENT);
  network.machineRuns(1_760_000_000);
  assert.is(network.state, "keyMaking");
  assert.is(network.publish("t", new Uint8Array(1), 1), false);
  network.idle(true);
  network.update(new Uint8Array([7]));
  assert.equal(posted, []);
  key.state = "ready";
  network.keyIsMade();
  network.keyIsMade();
  assert.is(network.state, "open");
  assert.equal(
    posted.map(({ frame }) => frame),
    ["config", "idle", "update"],
  );
  network.close();
  network.close();
  assert.is(network.state, "closed");
});

test("a key that is ready waits for the machine and its newest record", () => {
  const scene = new Scene();
  scene.key.state = "ready";
  scene.network.keyIsMade();
  scene.network.announce(ANNOUNCEMENT);
  assert.is(scene.network.state, "machineStarts");
  assert.is(scene.workers, 0);
  scene.network.machineRuns(0);
  assert.is(scene.workers, 1);
});

test("no secrets, or a key that failed: no network, for good", () => {
  const bare = new Scene({ secrets: undefined });
  bare.key.state = "ready";
  const failed = new Scene();
  failed.key.state = "failed";
  for (const { network } of [bare, failed]) {
    network.announce(ANNOUNCEMENT);
    network.machineRuns(0);
    network.keyIsMade();
  }
  assert.equal([bare.network.state, failed.network.state], ["noSecrets", "keyFailed"]);
  assert.equal([bare.workers, failed.workers], [0, 0]);
});

test("use after close is refused", () => {
  const { network } = new Scene();
  network.close();
  for (const use of [
    () => network.announce(ANNOUNCEMENT),
    () => network.publish("t", new Uint8Array(1), 1),
    () => network.idle(true),
    () => network.update(new Uint8Array(1)),
  ]) {
    assert.throws(use, "closed");
  }
});

test.run();
