/** Settings: defaults, documentation, and refusals that name the setting and the cure. */
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConfigError, describeSettings, readConfig } from "../../fleet/config.js";
import { startFleet } from "../../fleet/server.js";
import { Environment } from "../../fleet/settings.js";
import { databaseUser, prepareBinaries, unreachableFolder } from "../../fleet/store/embedded-binaries.js";
import { temporaryFolder, testConfig } from "./support.js";

const test = suite("fleet/config");

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    assert.instance(error, ConfigError);
    return error instanceof Error ? error.message : "";
  }
  return "";
}

test("without settings everything is embedded, on loopback", () => {
  const { host, httpPort, mqttPort, database, mqttUrl, redisUrl, pagesDir } = readConfig({ PATH: "/bin" });
  assert.equal([host, httpPort, mqttPort], ["127.0.0.1", 8080, 1883]);
  assert.equal([database, mqttUrl, redisUrl, pagesDir], [undefined, undefined, undefined, undefined]);
});

test("no proxy is believed unless it is named", () => {
  assert.equal(readConfig({}).trustedProxies, []);
  const { trustedProxies } = readConfig({ SPIRAL_TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8,::1,fd00::/8" });
  assert.equal(trustedProxies, ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]);
});

test("machines come by certificate from anywhere, and are told where to", () => {
  const open = { SPIRAL_MQTT_TLS_PORT: "8883", SPIRAL_MQTT_TLS_HOST: "0.0.0.0" };
  assert.match(refusal(open), /^SPIRAL_MACHINE_BROKER is not set\. Machines cannot be sent to 0\.0\.0\.0/);
  const { door } = readConfig({ ...open, SPIRAL_MACHINE_BROKER: "broker.example:8883" });
  assert.equal([door.tlsHost, door.tlsPort, door.passwords], ["0.0.0.0", 8883, true]);
  assert.equal(door.broker, { host: "broker.example", port: 8883 });
  assert.is(door.renewals, undefined);
  const { renewals } = readConfig({ SPIRAL_MACHINE_DOOR: "door.example:8443" }).door;
  assert.equal(renewals, { host: "door.example", port: 8443 });
  assert.is(readConfig({}).door.tlsPort, undefined);
});

test("every setting is documented", () => {
  const text = describeSettings();
  for (const name of Object.keys(Environment.properties))
    assert.match(text, new RegExp(`^${name} \\(default .+\\): .+`, "m"));
});

test("a bad setting is refused by its name, with the cure", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["SPIRAL_HTTP_PORT", "abc"],
    ["SPIRAL_HTTP_PORT", "1.5"],
    ["SPIRAL_HTTP_PORT", "70000"],
    ["SPIRAL_MQTT_PORT", "-1"],
    ["SPIRAL_HOST", "0.0.0.0"],
    ["SPIRAL_TRUSTED_PROXIES", "caddy"],
    ["SPIRAL_TRUSTED_PROXIES", "loopback"],
    ["SPIRAL_TRUSTED_PROXIES", "127.0.0.1,"],
    ["SPIRAL_TRUSTED_PROXIES", "0.0.0.0/0"],
    ["SPIRAL_TRUSTED_PROXIES", "::/0"],
    ["SPIRAL_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["SPIRAL_TRUSTED_PROXIES", "fd00::/129"],
    ["SPIRAL_TRUSTED_PROXIES", "10.0.0.0/255.0.0.0"],
    ["SPIRAL_MQTT_TLS_PORT", "65536"],
    ["SPIRAL_MQTT_TLS_HOST", "broker.example"],
    ["SPIRAL_MACHINE_BROKER", "broker.example"],
    ["SPIRAL_MACHINE_BROKER", "broker.example:65536"],
    ["SPIRAL_MACHINE_DOOR", "https://door.example"],
    ["SPIRAL_MACHINE_DOOR", "door.example:65536"],
    ["SPIRAL_MACHINE_LOGIN", "none"],
    ["SPIRAL_DATABASE_URL", "mysql://localhost/x"],
    ["SPIRAL_DATABASE_APP_URL", "postgres://localhost/x"],
    ["SPIRAL_MQTT_URL", "http://localhost"],
    ["SPIRAL_REDIS_URL", "localhost"],
    ["SPIRAL_SESSION_HOURS", "0"],
    ["SPIRAL_LOG_LEVEL", "loud"],
  ];
  for (const [name, value] of cases) {
    const message = refusal({ [name]: value });
    assert.ok(message.startsWith(`${name} `), `${name}=${value}: ${message}`);
  }
  assert.match(refusal({ SPIRAL_HTTP_PORRT: "1" }), /SPIRAL_HTTP_PORRT is no setting.*SPIRAL_HTTP_PORT/);
  assert.not.match(refusal({ SPIRAL_DATABASE_URL: "mysql://me:hush@localhost" }), /hush/);
});

test("a process with fewer roles needs the servers that several share, and is told which", () => {
  assert.equal(readConfig({}).roles, ["api", "ingest", "jobs"]);
  const shared = {
    SPIRAL_DATABASE_URL: "postgres://localhost/fleet",
    SPIRAL_MQTT_URL: "mqtt://localhost",
    SPIRAL_REDIS_URL: "redis://localhost",
  };
  assert.equal(readConfig({ ...shared, SPIRAL_ROLES: "jobs, ingest" }).roles, ["ingest", "jobs"]);
  const without = (name: keyof typeof shared, roles: string): string =>
    refusal({ ...shared, [name]: "", SPIRAL_ROLES: roles });
  assert.match(without("SPIRAL_DATABASE_URL", "jobs"), /^SPIRAL_DATABASE_URL is not set, and SPIRAL_ROLES is "jobs"/);
  assert.match(without("SPIRAL_MQTT_URL", "ingest"), /^SPIRAL_MQTT_URL is not set.*embedded broker is of one process/);
  assert.match(without("SPIRAL_REDIS_URL", "api"), /^SPIRAL_REDIS_URL is not set.*pages would not hear/);
  assert.match(without("SPIRAL_REDIS_URL", "ingest"), /^SPIRAL_REDIS_URL is not set/);
  for (const [name, roles] of [
    ["SPIRAL_MQTT_URL", "api"],
    ["SPIRAL_REDIS_URL", "jobs"],
    ["SPIRAL_REDIS_URL", "api,ingest"],
  ] as const) {
    assert.is(without(name, roles), "", `${roles} without ${name}`);
  }
  assert.match(refusal({ SPIRAL_ROLES: "api,cook" }), /^SPIRAL_ROLES is "api,cook", which does not fit/);
});

async function startError(config: Parameters<typeof startFleet>[0]): Promise<string> {
  try {
    const fleet = await startFleet(config);
    await fleet.close();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("a data folder where nothing can be written, or that the database's user cannot enter, is refused", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "file");
  await writeFile(file, "");
  assert.match(await startError(testConfig(join(file, "data"))), /^SPIRAL_DATA_DIR is .*nothing can be written/);
  if (databaseUser() !== undefined) {
    const home = join(folder, "home");
    await mkdir(home);
    await chmod(home, 0o700);
    const message = await startError(testConfig(join(home, "data")));
    assert.match(message, /^SPIRAL_DATA_DIR is .*may not enter .*home\. .*chmod o\+x/);
  }
  await rm(folder, { recursive: true });
});

test("pages that are not built are named before anything is started", async () => {
  const folder = await temporaryFolder();
  const dataDir = join(folder, "data");
  await mkdir(join(folder, "index.html"));
  for (const pagesDir of [join(folder, "nowhere"), folder]) {
    const message = await startError({ ...testConfig(dataDir), pagesDir });
    assert.match(message, /^SPIRAL_PAGES_DIR is .*, where no index\.html is\. Build/);
  }
  assert.equal(await readdir(folder), ["index.html"]);
  await rm(folder, { recursive: true });
});

test("a taken port is named", async () => {
  const folder = await temporaryFolder();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  assert.match(await startError({ ...testConfig(folder), mqttPort: port }), /^SPIRAL_MQTT_PORT is \d+, which is taken/);
  assert.match(await startError({ ...testConfig(folder), httpPort: port }), /^SPIRAL_HTTP_PORT is \d+, which is taken/);
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

test("a folder others may not enter is found, and the database's programs are usable", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "closed", "in"), { recursive: true });
  await chmod(join(folder, "closed"), 0o700);
  const nobody = { uid: 65_534, gid: 65_534 };
  assert.is(await unreachableFolder(join(folder, "closed", "in"), nobody), join(folder, "closed"));
  assert.is(await unreachableFolder(folder, nobody), undefined);
  const { version } = await prepareBinaries(databaseUser(), folder);
  assert.match(version, /^18\./);
  await rm(folder, { recursive: true });
});

test.run();
