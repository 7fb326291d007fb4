/** The rules we ship for EMQX, judged as EMQX does, against fleet/broker/permissions.ts, on every topic and filter. */
import { readFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  FLEET_SUBSCRIPTIONS,
  type Identity,
  mayPublish,
  maySubscribe,
  SHARED_SUBSCRIPTIONS,
} from "../../fleet/broker/permissions.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS } from "../../shared/wire/topics.js";
import { emqxAllows, readEmqxRules } from "../support/emqx-rules.js";

const test = suite("fleet/EMQX rules");

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
/** What compose mounts is the one file there is. */
const RULES = readEmqxRules(await read("fleet/broker/configs/emqx-rules.conf"));

const CHANNELS = [...MACHINE_CHANNELS, ...FLEET_CHANNELS, "other"];
/** As in a file of rules. */
const PLACE = `$${"{username}"}`;
const NAMES = ["EM-1", "EM-2", "spiral-fleet", "+", "#", PLACE];
const TOPICS = [
  ...NAMES.flatMap((name) => CHANNELS.map((channel) => `fleet/${name}/${channel}`)),
  "fleet/EM-1/events/more",
  "fleet/EM-1",
  "fleet/events",
  "fleet//events",
  "elsewhere",
  "$SYS/brokers",
];
const FILTERS = [
  ...TOPICS,
  "#",
  "+/+/+",
  "fleet/#",
  "fleet/+/#",
  "fleet/+/+",
  "fleet/EM-1/#",
  "fleet/EM-1/+",
  "$SYS/#",
];

const clientOf = (username: string) => ({ username, clientid: username });
const machine = (serial: string): Identity => ({ is: "machine", serial });

test("compose mounts this file, and no other", async () => {
  const compose = await read("tools/deploy/compose.emqx.yaml");
  assert.match(compose, "../../fleet/broker/configs/emqx-rules.conf:/opt/emqx/etc/rules.conf:ro");
  assert.match(compose, /AUTHORIZATION__NO_MATCH: deny\b/);
  assert.match(
    compose,
    /AUTHORIZATION__SOURCES: '\[\{type = file, enable = true, path = "\/opt\/emqx\/etc\/rules.conf"\}\]'/,
  );
  assert.match(
    await read("fleet/broker/configs/emqx.conf"),
    /no_match = deny\b[^}]*path = "\/opt\/emqx\/etc\/emqx-rules.conf"/s,
  );
});

test("a machine publishes and reads what our own broker lets it, and no other's", () => {
  let allowed = 0;
  for (const serial of ["EM-1", "EM-2"]) {
    for (const topic of TOPICS) {
      for (const retain of [false, true]) {
        const wanted = mayPublish(machine(serial), { topic, retain, payloadBytes: 1 });
        assert.is(
          emqxAllows(RULES, clientOf(serial), { does: "publish", topic, retain }),
          wanted,
          `${serial} ${topic}`,
        );
        if (wanted) allowed += 1;
      }
    }
    for (const topic of FILTERS) {
      const wanted = maySubscribe(machine(serial), topic);
      assert.is(emqxAllows(RULES, clientOf(serial), { does: "subscribe", topic }), wanted, `${serial} reads ${topic}`);
      // EMQX judges the topic behind a group, where ours grants a machine none: its own it may have that way, too.
      const shared = { does: "subscribe", topic: `$share/group/${topic}` } as const;
      assert.is(emqxAllows(RULES, clientOf(serial), shared), wanted, `${serial} shares ${topic}`);
      if (wanted) allowed += 1;
    }
  }
  assert.is(allowed, 2 * (MACHINE_CHANNELS.length + 1 + FLEET_CHANNELS.length));
});

test("who has another name may nothing, wildcards for a name least of all", () => {
  for (const username of ["", "+", "#", "em-1", "EM-1/events", "EM_1", PLACE, "dashboard", "A".repeat(33)]) {
    for (const topic of [...TOPICS, `fleet/${username}/events`]) {
      for (const retain of [false, true]) {
        assert.not(emqxAllows(RULES, clientOf(username), { does: "publish", topic, retain }), `${username}: ${topic}`);
      }
    }
    for (const topic of [...FILTERS, `fleet/${username}/acks`]) {
      assert.not(emqxAllows(RULES, clientOf(username), { does: "subscribe", topic }), `${username} reads ${topic}`);
    }
  }
  // Nor does a client id open anything.
  const client = { username: "EM-2", clientid: "EM-1" };
  assert.not(emqxAllows(RULES, client, { does: "publish", topic: "fleet/EM-1/events", retain: false }));
  assert.not(emqxAllows(RULES, client, { does: "subscribe", topic: "fleet/EM-1/acks" }));
});

test("the fleet hears all machines and speaks to each, and does nothing else", () => {
  const fleet = clientOf("spiral-fleet");
  for (const topic of TOPICS.filter((one) => /^fleet\/EM-|^[^f]|^fleet\/e/.test(one))) {
    for (const retain of [false, true]) {
      const wanted = mayPublish({ is: "fleet" }, { topic, retain, payloadBytes: 1 });
      assert.is(emqxAllows(RULES, fleet, { does: "publish", topic, retain }), wanted, `${topic} ${retain}`);
    }
  }
  for (const { topic } of [...FLEET_SUBSCRIPTIONS, ...SHARED_SUBSCRIPTIONS]) {
    assert.ok(emqxAllows(RULES, fleet, { does: "subscribe", topic }), topic);
  }
  // A part of what it hears anyway is no more.
  const heard = new RegExp(`^fleet/[^/]*/(${MACHINE_CHANNELS.join("|")})$`);
  for (const topic of FILTERS)
    assert.is(emqxAllows(RULES, fleet, { does: "subscribe", topic }), heard.test(topic), topic);
});

test("the judge takes eq as EMQX does: no placeholder, no wildcard", () => {
  const rules = readEmqxRules(`%% x\n{allow, all, subscribe, ["eq a/${PLACE}", {eq, "b/+"}, "c/${PLACE}/#"]}.`);
  const may = (topic: string) => emqxAllows(rules, { username: "u", clientid: "i" }, { does: "subscribe", topic });
  const asked = ["a/u", `a/${PLACE}`, "b/x", "b/+", "c/u", "c/u/x", "c/i", "c/u/#"];
  assert.equal(asked.filter(may), [`a/${PLACE}`, "b/+", "c/u", "c/u/x", "c/u/#"]);
  assert.throws(() => readEmqxRules("{allow, all"));
});

test.run();
