/**
 * Each rule over real rows: what happens to a machine goes through the real ingest into a real database, its alert
 * opens when it should and not before, with its sentence, and closes again by the contrary.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_OPENED_AN_HOUR } from "../../../fleet/alerts/evaluate.js";
import { GAPS_IN_A_ROW } from "../../../fleet/alerts/marks.js";
import { RULE_CODES, RULES, type RuleCode } from "../../../fleet/alerts/rules.js";
import { insertCertificate } from "../../../fleet/store/certificates.js";
import { type Databases, openDatabases } from "../../../fleet/store/databases.js";
import { issueEpoch } from "../../../fleet/store/provision.js";
import { clearIfLifted, liftSuspension } from "../../../fleet/store/suspensions.js";
import { inTransaction } from "../../../fleet/store/transact.js";
import { stopWebhook } from "../../../fleet/store/webhook-deliveries.js";
import { addWebhook, changeWebhook, readWebhook } from "../../../fleet/store/webhooks.js";
import { FAULTS, type FaultName } from "../../../shared/faults.js";
import { begunFolder, COKE, statusOf, TestLedger, testConfig } from "../support.js";
import { REPORT_EVERY_MIN, Scene } from "./scene.js";

const HOUR_MIN = 60;
const DAY_MIN = 24 * HOUR_MIN;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const HALF_MINUTE_MS = 30_000;

interface Story {
  /** Where one rule has several. */
  readonly name?: string;
  /** So many days ago it begins, half a minute past the hour. */
  readonly beganDays?: number;
  readonly wrong: (scene: Scene) => Promise<void>;
  /** Minutes after that: not yet open, and open; absent: it opens at once. */
  readonly opens?: readonly [number, number];
  readonly sentence: string;
  readonly slot?: string;
  readonly severity?: string;
  readonly right: (scene: Scene) => Promise<void>;
  /** The same of closing. */
  readonly closes?: readonly [number, number];
  /** What it says then, if that is something else. */
  readonly closing?: { readonly sentence: string; readonly severity: string };
  /** Other rules that speak on the way. */
  readonly besides?: readonly RuleCode[];
}

const raise = (name: FaultName, slot?: string) => async (scene: Scene) =>
  scene.record({ kind: "faultRaised", fault: FAULTS[name].code, ...(slot === undefined ? {} : { slot }) });
const clear = (name: FaultName, slot?: string) => async (scene: Scene) =>
  scene.record({ kind: "faultCleared", fault: FAULTS[name].code, ...(slot === undefined ? {} : { slot }) });

async function sell(scene: Scene, cokes: number): Promise<void> {
  for (let saleNo = 1; saleNo <= cokes; saleNo++) scene.ledger.sellCoke(saleNo);
  await scene.sync();
}

const FULL_TUBES = new Uint8Array([0, 20, 30, 45]);
const OTHERS = ["-2", "-3", "-4", "-5"];
const STORM = MAX_OPENED_AN_HOUR + 6;
const SALES_DAYS = 21;

/** Every rule has its stories: one that is new is missing here by its type. */
const STORIES: Readonly<Record<RuleCode, readonly Story[]>> = {
  offline: [
    {
      name: "by its will",
      wrong: (scene) => scene.status(statusOf(1, 1, { online: false })),
      opens: [9, 10],
      sentence: "OFFLINE has been offline for 10 min",
      right: (scene) => scene.status(statusOf(1, 2)),
      closes: [4, 5],
    },
    {
      name: "by its silence",
      wrong: async (scene) => {
        scene.pass(14);
        await scene.judgeSilence();
        await scene.look();
        assert.equal(await scene.alerts(), [], "three periods are not over");
        scene.pass(2);
        await scene.judgeSilence();
      },
      sentence: "OFFLINE has been offline for 16 min",
      right: (scene) => scene.report({}),
      closes: [4, 5],
    },
  ],
  outage: [
    {
      wrong: async (scene) => {
        const serials = [scene.serial, ...OTHERS.map((end) => scene.serial + end)];
        for (const serial of serials.slice(1)) await scene.addMachine(serial);
        for (const serial of serials) await scene.status(statusOf(1, 1, { online: false }), serial);
      },
      opens: [9, 10],
      sentence: "5 machines of 5 went offline together",
      right: async (scene) => {
        for (const end of ["", ...OTHERS]) await scene.status(statusOf(1, 2), scene.serial + end);
      },
    },
  ],
  webhookStopped: [
    {
      wrong: async ({ databases: { migrate, ingest }, operatorId, nowMs }) => {
        const row = { url: "https://hook.example/in", kinds: ["alert"], enabled: true, incarnation: 1, afterSeq: 0 };
        const added = await inTransaction(migrate, (tx) => addWebhook(tx, operatorId, { name: "ERP", ...row }, 1));
        if (typeof added === "string") throw new Error(added);
        await stopWebhook(ingest, added.id, "it answers 500", nowMs);
      },
      sentence: "Webhook ERP is stopped: it answers 500",
      right: async ({ databases: { migrate }, operatorId }) =>
        inTransaction(migrate, async (tx) => {
          const [{ id = "" } = {}] = await tx<{ id: string }[]>`
            SELECT id FROM webhooks WHERE operator_id = ${operatorId}`;
          const kept = await readWebhook(tx, operatorId, id);
          assert.ok(kept && (await changeWebhook(tx, operatorId, { ...kept.webhook, enabled: true })));
        }),
    },
  ],
  unsteadyLink: [
    {
      wrong: (scene) => scene.status(statusOf(1, 8)),
      sentence: "UNSTEADYLINK has connected 7 times within an hour: its connection is unsteady",
      right: async (scene) => scene.pass(HOUR_MIN),
      closes: [29, 30],
    },
  ],
  certificateEnding: [
    {
      wrong: (scene) => certificate(scene, 1, 20),
      sentence: "CERTIFICATEENDING: its certificate ends in 20 d and was not renewed",
      right: (scene) => certificate(scene, 2, 365),
    },
  ],
  slotEmpty: [
    {
      wrong: (scene) => sell(scene, 6),
      sentence: "SLOTEMPTY slot B4 is empty",
      slot: "B4",
      right: (scene) => scene.record({ kind: "stockSet", slot: "B4", quantity: 8 }),
    },
  ],
  slotLow: [
    {
      wrong: (scene) => sell(scene, 4),
      sentence: "SLOTLOW slot B4 is low: 2 left",
      slot: "B4",
      right: (scene) => scene.record({ kind: "stockSet", slot: "B4", quantity: 8 }),
    },
  ],
  tubeLow: [
    {
      wrong: async (scene) => {
        await scene.report({ tubes: FULL_TUBES });
        await scene.look();
        await scene.report({ tubes: new Uint8Array([0, 4, 30]) });
      },
      sentence: "TUBELOW is low on change: tube 1 (4 coins) and tube 3 (0 coins)",
      right: (scene) => scene.report({ tubes: FULL_TUBES }),
    },
  ],
  cashBoxFull: [
    {
      name: "coins",
      wrong: (scene) => scene.report({ cashBoxMinor: 21_350, stackerBills: 20 }),
      sentence: "CASHBOXFULL cash box is nearly full: 213.50 USD in coins",
      right: (scene) => scene.report({ cashBoxMinor: 0, stackerBills: 0 }),
    },
    {
      name: "bills",
      wrong: raise("stackerFull"),
      sentence: "CASHBOXFULL: bill stacker full",
      severity: "error",
      right: clear("stackerFull"),
    },
  ],
  exactChange: [
    {
      wrong: raise("exactChangeOnly"),
      opens: [2 * HOUR_MIN - 1, 2 * HOUR_MIN],
      sentence: "EXACTCHANGE has taken exact change only for 2 h",
      right: clear("exactChangeOnly"),
      closes: [9, 10],
    },
  ],
  tooWarm: [
    {
      wrong: (scene) => scene.report({ tempMilliC: 9_000 }),
      opens: [9, 10],
      sentence: "TOOWARM is too warm: 48.2 °F (limit 45.0 °F)",
      right: (scene) => scene.report({ tempMilliC: 4_000 }),
      closes: [9, 10],
    },
  ],
  warming: [
    {
      wrong: async (scene) => {
        for (let at = 0; at <= 10; at++) {
          await scene.report({ tempMilliC: 3_000 + at * 300 });
          scene.pass(at < 10 ? 5 - REPORT_EVERY_MIN : 0);
        }
      },
      sentence: "WARMING is getting warm: 42.8 °F, 45.0 °F in about 20 min",
      right: (scene) => scene.report({ tempMilliC: 3_000 }),
      closes: [19, 20],
    },
  ],
  doorOpen: [
    {
      wrong: (scene) => scene.record({ kind: "doorOpened" }),
      opens: [29, 30],
      sentence: "DOOROPEN: the door is open",
      right: (scene) => scene.record({ kind: "doorClosed" }),
    },
  ],
  jam: [
    {
      wrong: raise("jam", "B4"),
      sentence: "JAM slot B4: no product fell",
      slot: "B4",
      right: clear("jam", "B4"),
    },
  ],
  peripheralOffline: [
    {
      wrong: raise("changerOffline"),
      opens: [1, 2],
      sentence: "PERIPHERALOFFLINE: coin changer does not answer",
      right: clear("changerOffline"),
      closes: [1, 2],
    },
  ],
  fault: [
    {
      wrong: raise("beamBlind"),
      opens: [1, 2],
      sentence: "FAULT: drop sensor is blind",
      severity: "critical",
      right: clear("beamBlind"),
      closes: [1, 2],
    },
  ],
  noSales: [
    {
      // A sale in every hour of three weeks: after twelve hours without one it is less than 1 in 100,000.
      beganDays: SALES_DAYS,
      wrong: async (scene) => {
        for (let hour = 1; hour <= SALES_DAYS * 24; hour++) {
          scene.pass(HOUR_MIN);
          const sale = { saleNo: hour, slot: "B5", priceMinor: 175, paidMinor: 175, means: 0 };
          const about = { productId: COKE, planogramVersion: 1, changeMinor: 0, proof: 0 };
          scene.ledger.append({ kind: "saleSettled", ...sale, ...about }, scene.ledger.wallS);
          scene.ledger.append({ kind: "stockSet", slot: "B5", quantity: 8 }, scene.ledger.wallS);
        }
        await scene.sync();
        await scene.look();
        // The profile of its sales is made at the next look at what is due.
        for (let turn = 0; turn < 2; turn++) {
          scene.pass(2);
          await scene.look();
        }
      },
      opens: [11 * HOUR_MIN, 12 * HOUR_MIN],
      sentence: "NOSALES has sold nothing for 11 h 49 min, which is unusual for it",
      right: (scene) => sell(scene, 1),
      closes: [0, 6],
    },
  ],
  ledgerFilling: [
    {
      wrong: (scene) => scene.report({ unackedRecords: 2_000 }),
      opens: [14, 15],
      sentence: "LEDGERFILLING: 2000 records wait to be handed over; its ledger is filling",
      right: (scene) => scene.report({ unackedRecords: 900 }),
      closes: [4, 5],
    },
  ],
  clockWrong: [
    {
      wrong: (scene) => scene.report({ wallS: Math.floor(scene.nowMs / 1_000) - 10 * 60 }),
      opens: [HOUR_MIN - 1, HOUR_MIN],
      sentence: "CLOCKWRONG: the clock is 10 min slow",
      right: (scene) => scene.report({}),
      closes: [4, 5],
    },
  ],
  unknownOutcome: [
    {
      name: "a claim",
      wrong: (scene) => scene.record({ kind: "claimOpened", claimNo: 1, cause: 0, amountMinor: 175, code: "" }),
      sentence: "UNKNOWNOUTCOME has 1 claim of 1.75 USD from the last day to be looked at",
      right: async (scene) => scene.pass(DAY_MIN - 1),
      closes: [0, 1],
    },
    {
      name: "a sale",
      wrong: raise("outcomeUnknown", "B4"),
      sentence: "UNKNOWNOUTCOME slot B4: outcome of a sale unknown",
      right: clear("outcomeUnknown", "B4"),
    },
  ],
  notBooked: [
    {
      name: "a batch of no known epoch",
      wrong: (scene) => scene.send(new TestLedger(9).boot().batch()),
      sentence: "NOTBOOKED: 1 batch set aside",
      right: async (scene) => scene.pass(7 * DAY_MIN - 1),
      closes: [0, 1],
    },
    {
      name: "a record that is none",
      wrong: async (scene) => {
        scene.ledger.appendRaw(1, new Uint8Array([0xff]));
        await scene.sync();
      },
      sentence: "NOTBOOKED: 1 record that could not be booked",
      right: async (scene) => scene.pass(7 * DAY_MIN - 1),
      closes: [0, 1],
    },
    {
      name: "another history",
      wrong: (scene) => scene.send(new TestLedger(1, 1_700_000_000).boot().sellCoke(1).batch()),
      sentence: "NOTBOOKED: its ledger has forked (a cloned or damaged board) and 1 batch set aside",
      severity: "critical",
      right: async (scene) => {
        await issueEpoch(scene.databases, scene.serial);
        await scene.look();
        scene.pass(7 * DAY_MIN - 1);
      },
      closing: { sentence: "NOTBOOKED: 1 batch set aside", severity: "error" },
      closes: [0, 1],
    },
    {
      name: "a hole",
      wrong: async (scene) => {
        scene.ledger.sellCoke(1);
        for (let turn = 0; turn < GAPS_IN_A_ROW; turn++) await scene.send(scene.ledger.batch(5));
      },
      sentence: "NOTBOOKED: records are missing (our books end at record 2, its ledger begins later)",
      severity: "critical",
      right: (scene) => scene.sync(),
    },
  ],
  clonedIdentity: [
    {
      wrong: async (scene) => {
        for (const boot of [5, 3, 2]) await scene.status(statusOf(boot, 1));
      },
      sentence:
        "CLONEDIDENTITY: two boards use its identity, both are suspended " +
        "(births of two boards: boot 2, connection 1 does not follow the one before)",
      right: async ({ databases: { migrate, ingest }, operatorId, serial }) => {
        const actor = { operatorId, userId: null, keyId: null };
        assert.ok(await inTransaction(migrate, (tx) => liftSuspension(tx, actor, serial)));
        await clearIfLifted(ingest, serial);
      },
    },
  ],
  brownOuts: [
    {
      // The first was the scene's own.
      wrong: async (scene) => {
        for (const bootNo of [2, 3, 4]) await scene.record({ kind: "boot", bootNo, cause: 0, firmware: "0.1.0" });
      },
      sentence: "BROWNOUTS: its power failed 4 times within 24 h",
      right: async (scene) => scene.pass(DAY_MIN),
      closes: [HOUR_MIN - 1, HOUR_MIN],
    },
  ],
  storm: [
    {
      wrong: async (scene) => {
        for (let at = 0; at < STORM; at++) await raise("jam", `S${at}`)(scene);
      },
      sentence: `STORM: more than ${MAX_OPENED_AN_HOUR} alerts within an hour, the rest is held back`,
      right: async (scene) => {
        for (let at = 0; at < STORM; at++) await clear("jam", `S${at}`)(scene);
        scene.pass(HOUR_MIN);
      },
      closes: [HOUR_MIN - 1, HOUR_MIN],
      besides: ["jam"],
    },
  ],
};

/** The newest certificate of the machine ends in so many days. */
async function certificate(scene: Scene, number: number, days: number): Promise<void> {
  const { databases, operatorId, serial, nowMs } = scene;
  await inTransaction(databases.migrate, async (tx) => {
    const [{ id = "" } = {}] = await tx<{ id: string }[]>`SELECT id FROM machines WHERE serial_number = ${serial}`;
    const bytes = new Uint8Array([number]);
    await insertCertificate(tx, {
      ...{ operatorId, machineId: id, epoch: 1, fingerprint: bytes, authority: 1, serialNumber: String(number) },
      ...{ der: bytes, requestHash: bytes, renewedFrom: null, notBefore: new Date(nowMs) },
      notAfter: new Date(nowMs + days * DAY_MIN * MINUTE_MS + MINUTE_MS),
    });
  });
}

interface Context {
  dataDir: string;
  databases: Databases;
}
const test = suite<Context>("fleet/alerts over rows");

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
});
test.after(async ({ databases, dataDir }) => {
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Looks, at the first time and at the second; what of the rule is there then. */
async function lookTwice(scene: Scene, [before, then]: readonly [number, number], beforeIs: () => Promise<void>) {
  await scene.look();
  if (then > 0) {
    await beforeIs();
    scene.pass(before);
    await scene.look();
    await beforeIs();
    scene.pass(then - before);
    await scene.look();
  }
}

async function plays(databases: Databases, rule: RuleCode, number: number, story: Story): Promise<void> {
  const { beganDays, wrong, right, opens = [0, 0], closes = [0, 0], besides = [] } = story;
  const serial = `${rule.toUpperCase()}${number === 0 ? "" : `-N${number}`}`;
  const hourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const beganMs = beganDays === undefined ? undefined : hourMs - beganDays * 24 * HOUR_MS + HALF_MINUTE_MS;
  const scene = await Scene.begin(databases, serial, beganMs);
  const ofRule = async () => (await scene.alerts()).filter((alert) => alert.rule === rule);
  const toldAs = ({ sentence, severity = RULES[rule].severity }: Pick<Story, "sentence" | "severity">) => ({
    ...{ rule, slot: story.slot ?? null, severity },
    sentence: sentence.replace(rule.toUpperCase(), serial),
  });
  const isOpenAs = (told: Pick<Story, "sentence" | "severity">) => async () =>
    assert.equal(await ofRule(), [{ ...toldAs(told), state: "open" }]);
  const { closing = story } = story;
  try {
    await scene.look();
    assert.equal(await scene.alerts(), [], "nothing is wrong yet");
    await wrong(scene);
    await lookTwice(scene, opens, async () => assert.equal(await ofRule(), [], "too early"));
    await isOpenAs(story)();
    assert.equal(await scene.lookWhole(), [], "whoever looks at all of it finds nothing else");
    await right(scene);
    await lookTwice(scene, closes, isOpenAs(closing));
    assert.equal(await ofRule(), [{ ...toldAs(closing), state: "resolved" }]);
    const others = (await scene.alerts()).filter(
      (alert) => alert.rule !== rule && !besides.some((b) => b === alert.rule),
    );
    assert.equal(others, [], "another rule spoke");
  } finally {
    await scene.close();
  }
}

for (const rule of RULE_CODES) {
  for (const [number, story] of STORIES[rule].entries()) {
    const name = story.name === undefined ? rule : `${rule}, ${story.name}`;
    test(`${name}: opens over real rows, and closes by the contrary`, ({ databases }) =>
      plays(databases, rule, number, story));
  }
}

test("no rule is without a story", () => {
  assert.equal(
    RULE_CODES.filter((rule) => STORIES[rule].length === 0),
    [],
  );
});

test.run();
