/** Whoever keeps the program up, watching a machine: idle told, image confirmed, gone back from, restarted into. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TRIAL_MS } from "../../../../firmware/io/net/trial.js";
import { UpkeepWatch } from "../../../../firmware/io/net/upkeep-watch.js";

const test = suite("upkeep watch");

class Scene {
  readonly machine = { nothingOpen: false, busUp: false, ledgerWorks: true, ackedSeq: 5 };
  nowMs = 0;
  imageBefore = true;
  readonly log: string[] = [];
  readonly watch: UpkeepWatch;

  constructor(onTrial: boolean) {
    this.watch = new UpkeepWatch({
      machine: this.machine,
      network: { idle: (idle) => this.log.push(idle ? "idle" : "busy") },
      nowMs: () => this.nowMs,
      onTrial,
      confirm: () => this.log.push("confirm") > 0,
      rollBack: () => {
        this.log.push("rollBack");
        return this.imageBefore;
      },
      restart: () => this.log.push("restart"),
      say: () => {},
    });
  }

  set(change: Partial<Scene["machine"]>, atMs = this.nowMs): this {
    Object.assign(this.machine, change);
    this.nowMs = atMs;
    this.watch.look();
    return this;
  }
}

test("tells the network when nothing is open, and only when that changes", () => {
  const scene = new Scene(false);
  scene.set({ nothingOpen: true }).set({}).set({ nothingOpen: false }).set({ nothingOpen: true });
  assert.equal(scene.log, ["idle", "busy", "idle"]);
  scene.set({}, TRIAL_MS + 1);
  assert.is(scene.watch.trial, "none");
  assert.is(scene.log.length, 3);
});

test("bus up, ledger at work and a newer ack confirm the image, once", () => {
  const scene = new Scene(true);
  scene.set({ busUp: true }).set({ ackedSeq: 5 });
  assert.equal(scene.log, [], "what was acknowledged before the restart proves nothing");
  scene.set({ ackedSeq: 6 }).set({ ackedSeq: 7 }, TRIAL_MS);
  assert.equal(scene.log, ["confirm"]);
  assert.is(scene.watch.trial, "confirmed");
});

test("without bus, ledger or fleet the one before comes back in time, once nothing is open", () => {
  for (const healthy of [{ ackedSeq: 6 }, { busUp: true }, { busUp: true, ackedSeq: 6, ledgerWorks: false }, {}]) {
    const scene = new Scene(true);
    scene.set(healthy, TRIAL_MS - 1).set({}, TRIAL_MS);
    assert.equal(scene.log, [], "somebody is served");
    scene.set({ nothingOpen: true }, TRIAL_MS + 2_000);
    assert.equal(scene.log, ["idle", "rollBack"]);
  }
});

test("with nothing to go back to the machine sells on, and tries again when it is idle the next time", () => {
  const scene = new Scene(true);
  scene.imageBefore = false;
  scene.set({ nothingOpen: true }, TRIAL_MS).set({}).set({});
  assert.equal(scene.log, ["idle", "rollBack"]);
  scene.set({ nothingOpen: false }).set({ nothingOpen: true });
  assert.equal(scene.log, ["idle", "rollBack", "busy", "idle", "rollBack"]);
});

test("an image that waits is started when nothing is open, not before, and once", () => {
  const scene = new Scene(false);
  scene.watch.imageWaits();
  scene.set({});
  assert.equal(scene.log, []);
  scene.set({ nothingOpen: true }).set({});
  assert.equal(scene.log, ["idle", "restart"]);
});

test.run();
