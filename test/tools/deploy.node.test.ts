/** What tools/deploy says agrees with itself, with the service, and with Debian's docker-compose. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Type from "typebox";
import { Value } from "typebox/value";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Identity, mayPublish } from "../../fleet/broker/permissions.js";
import { Environment } from "../../fleet/settings.js";
import { OLDEST_VERSION } from "../../fleet/store/telemetry-timescale.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS } from "../../shared/wire/topics.js";
import { startTestFleet, temporaryFolder } from "../fleet/support.js";
import { findBinary } from "../support/need.js";

const FOLDER = fileURLToPath(new URL("../../tools/deploy/", import.meta.url));
const read = (path: string): Promise<string> => readFile(join(FOLDER, path), "utf8");

/** Of the brokers: one file each, whoever uses it. */
const RULES = "../../fleet/broker/configs";
const SERVICE_PROCESSES = ["api", "ingest-1", "ingest-2", "jobs"] as const;

/** A figure of ours, of the process or of Node, or Prometheus' own `up`; what a histogram adds is taken off. */
function figuresIn(text: string): readonly string[] {
  const names = text.match(/\b(?:spiral|process|nodejs)_[a-z0-9_]+|\bup(?=\{)/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(?:bucket|sum|count)$/, "")))];
}

const Board = Type.Object({
  panels: Type.Array(
    Type.Object({
      type: Type.String(),
      title: Type.String(),
      targets: Type.Optional(Type.Array(Type.Object({ expr: Type.String() }))),
    }),
  ),
});

const test = suite("tools/deploy");

test("every figure that the board and the alerts name is one the service has", async () => {
  const fleet = await startTestFleet();
  const known = new Set(fleet.app.meters.registry.getMetricsAsArray().map(({ name }) => name));
  await fleet.close();
  const board = Value.Parse(Board, JSON.parse(await read("grafana/boards/spiral.json")));
  const exprs = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const rules = [...(await read("prometheus/alerts.yml")).matchAll(/expr: '(.*)'$/gm)].map(([, expr = ""]) => expr);
  assert.ok(exprs.length > 20 && rules.length > 15);
  const named = figuresIn([...exprs, ...rules].join("\n"));
  assert.equal(
    named.filter((name) => name !== "up" && !known.has(name)),
    [],
  );
  // The other way round: the board has every figure of ours.
  const shown = new Set(figuresIn(exprs.join("\n")));
  assert.equal(
    [...known].filter((name) => name.startsWith("spiral_") && !shown.has(name)),
    [],
  );
});

test("the runbook has one section for each alert, in their order", async () => {
  const rules = await read("prometheus/alerts.yml");
  const alerts = [...rules.matchAll(/- alert: (\S+)$/gm)].map(([, name]) => name);
  const sections = [...(await read("RUNBOOK.md")).matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
  assert.equal(sections, alerts);
  for (const name of alerts) assert.match(rules, `RUNBOOK.md#${name?.toLowerCase()}"`);
});

test("settings in compose and in the example are settings of the service", async () => {
  const texts = await Promise.all(["compose.yaml", "spiral.env.example", "Dockerfile"].map(read));
  const named = texts.flatMap((text) => [...text.matchAll(/\bSPIRAL_[A-Z_]+/g)].map(([name]) => name));
  // What only the edge is told, by compose; the service would refuse it.
  const edge = [...(await read("edge/Caddyfile")).matchAll(/\{\$(SPIRAL_[A-Z]+):/g)].map(([, name = ""]) => name);
  assert.equal(edge, ["SPIRAL_SITE", "SPIRAL_DOOR"]);
  assert.ok(edge.every((name) => texts[0]?.includes(`${name}: "\${${name}:-localhost}"`) && !texts[1]?.includes(name)));
  const unknown = named.filter((name) => !(name in Environment.properties) && !edge.includes(name));
  assert.equal(unknown, []);
});

test("the TimescaleDB of compose is one that telemetry is kept in", async () => {
  const [, major, minor] = /timescaledb:([0-9]+)\.([0-9]+)\.[0-9]+-pg[0-9]+/.exec(await read("compose.yaml")) ?? [];
  const [oldMajor, oldMinor] = OLDEST_VERSION;
  assert.ok(Number(major) === oldMajor && Number(minor) >= oldMinor, `${major}.${minor}`);
});

test("the edge sends machines where compose has a process with their role", async () => {
  const roles = new Map<string, string>();
  for (const [, role = "", port = ""] of (await read("compose.yaml")).matchAll(
    /SPIRAL_ROLES: (\w+)\n +SPIRAL_HTTP_PORT: "(\d+)"/g,
  )) {
    roles.set(port, role);
  }
  const edge = await read("edge/Caddyfile");
  const rolesBehind = (matcher: string): readonly string[] => {
    const [, upstreams = ""] = new RegExp(`handle ${matcher} \\{\\s+reverse_proxy ([^\\n{]+)`).exec(edge) ?? [];
    return [...upstreams.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port = ""]) => roles.get(port) ?? "none");
  };
  assert.equal([rolesBehind("@booked"), rolesBehind("@granted")], [["ingest", "ingest"], ["api"]]);
});

test("mosquitto's access rules say what our own broker does", async () => {
  const machine: Identity = { is: "machine", serial: "M-1" };
  const own = (channel: string) =>
    mayPublish(machine, { topic: `fleet/M-1/${channel}`, retain: false, payloadBytes: 1 });
  const mosquitto = (await read(`${RULES}/mosquitto-rules`))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const wanted = [
    "user spiral-fleet",
    ...MACHINE_CHANNELS.map((channel) => `topic read fleet/+/${channel}`),
    ...FLEET_CHANNELS.map((channel) => `topic write fleet/+/${channel}`),
    ...MACHINE_CHANNELS.map((channel) => `pattern write fleet/%u/${channel}`),
    ...FLEET_CHANNELS.map((channel) => `pattern read fleet/%u/${channel}`),
  ];
  assert.equal([...mosquitto].sort(), [...wanted].sort());
  assert.ok(MACHINE_CHANNELS.every(own) && !FLEET_CHANNELS.some(own));
});

test("docker-compose takes both files, and what they mount is here", async () => {
  const compose = findBinary("docker-compose");
  if (compose === undefined) {
    process.stdout.write("SKIPPED: docker-compose is not installed\n");
    return;
  }
  const folder = join(await temporaryFolder(), "tools", "deploy");
  await cp(FOLDER, folder, { recursive: true });
  await cp(join(FOLDER, RULES), join(folder, RULES), { recursive: true });
  await writeFile(join(folder, "spiral.env"), await read("spiral.env.example"));
  await mkdir(join(folder, "secrets", "broker"), { recursive: true });
  for (const name of ["postgres", "fleet_owner", "grafana"]) await writeFile(join(folder, "secrets", name), "x");
  for (const files of [["compose.yaml"], ["compose.yaml", "compose.emqx.yaml"]]) {
    const args = [...files.flatMap((file) => ["-f", join(folder, file)]), "config"];
    const whole = execFileSync(compose, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    for (const service of [...SERVICE_PROCESSES, "prometheus", "grafana"]) {
      assert.match(whole, new RegExp(`^  ${service}:$`, "m"));
    }
    // Each process of ours, in whose network Caddy is, believes Caddy.
    assert.is(whole.split(/^ {6}SPIRAL_TRUSTED_PROXIES: 127\.0\.0\.1$/m).length, 1 + SERVICE_PROCESSES.length);
    const mounts = [...whole.matchAll(/(\/[^\s:]*\/(?:tools\/deploy|fleet\/broker)\/[^\s:]+):/g)].map(
      ([, path = ""]) => path,
    );
    assert.ok(mounts.length >= 6);
    for (const path of mounts) {
      const above = path.slice(0, path.lastIndexOf("/"));
      assert.ok((await readdir(above)).includes(path.slice(above.length + 1)), `${path} is not there`);
    }
  }
  await rm(join(folder, "..", ".."), { recursive: true });
});

test.run();
