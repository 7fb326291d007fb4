/**
 * The bring-up guides against the data: each board's wiring table is its pin map, its levels are the map's, and the sum
 * of its capacitors, done again here, holds the board up for as long as a product may fall.
 */
import { readFileSync, statSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { type PinMap, pinMapProblems } from "../../../firmware/io/boards/pin-map.js";
import { TOUCH } from "../../../firmware/io/boards/touch.js";

const test = suite("firmware/io bring-up guides");
const FIRMWARE = new URL("../../../firmware/", import.meta.url);
const HOLD_UP_LEAST_MS = 800;
const WAYS = { in: "in", out: "out", both: "in and out" } as const;
const RESTING = { pullUp: "10 kΩ up", pullDown: "10 kΩ down", driven: "by what is wired" } as const;

function guideOf(map: PinMap): string {
  return readFileSync(new URL(`io/boards/${map.board}.md`, FIRMWARE), "utf8");
}

/** Cells of the table whose head begins with `head`, without head and rule. */
function table(text: string, head: string): string[][] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  assert.ok(from >= 0, `a table "${head}"`);
  const rows: string[][] = [];
  for (let at = from + 2; lines[at]?.startsWith("|") === true; at += 1) {
    rows.push(
      (lines[at] ?? "")
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

/** The number a cell begins with, or the one before `unit`. */
function figure(rows: readonly string[][], what: string, unit: string): number {
  const cell = rows.find(([name = ""]) => name.startsWith(what))?.[1] ?? "";
  const found = new RegExp(`([\\d.]+) ${unit}`).exec(cell)?.[1];
  assert.ok(found !== undefined, `${what}: ${cell}`);
  return Number(found);
}

for (const map of [DEVKIT, TOUCH]) {
  test(`${map.board}: the wiring table is the pin map`, () => {
    assert.equal(pinMapProblems(map), []);
    const wanted = Object.entries(map.pins).map(([role, use]) => [
      role,
      `${use.pin}`,
      WAYS[use.way],
      RESTING[use.resting],
    ]);
    const written = table(guideOf(map), "role");
    assert.equal(
      written.map((row) => row.slice(0, 4)),
      wanted,
    );
    for (const [role, , , , wired = ""] of written) assert.ok(wired.length > 0, `${role} is wired to something`);
  });

  test(`${map.board}: the levels are the map's`, () => {
    assert.equal(
      table(guideOf(map), "line"),
      Object.entries(map.levels).map(([line, level]) => [line, `${level}`]),
    );
  });

  test(`${map.board}: the capacitors hold it up for the fall of a product`, () => {
    const loads = table(guideOf(map), "load");
    const parts = loads.filter(([name]) => name !== "together");
    const powerW = parts.reduce((sum, [name = ""]) => sum + figure(parts, name, "W"), 0);
    assert.ok(Math.abs(powerW - figure(loads, "together", "W")) < 0.005, `${powerW} W together`);
    const sums = table(guideOf(map), "quantity");
    const fromV = figure(sums, "the input says so at", "V") - figure(sums, "lost in the Schottky", "V");
    const toV = figure(sums, "the converter gives up", "V");
    const efficiency =
      Number(/(\d+)%/.exec((sums.find(([name]) => name?.startsWith("efficiency"))?.[1] ?? "").replace(" ", ""))?.[1]) /
      100;
    const [, count = "", microF = ""] =
      /(\d+) × (\d+) µF/.exec(sums.find(([name]) => name === "capacitors")?.[1] ?? "") ?? [];
    const leftF = Number(count) * Number(microF) * 1e-6 * 0.8 * 0.8;
    const energyJ = 0.5 * leftF * (fromV ** 2 - toV ** 2);
    const holdUpMs = ((energyJ * efficiency) / powerW) * 1_000;
    assert.ok(Math.abs(leftF * 1_000 - figure(sums, "left of them", "mF")) < 0.01);
    assert.ok(Math.abs(energyJ - figure(sums, "energy between", "J")) < 0.002);
    assert.ok(Math.abs(holdUpMs - figure(sums, "hold-up", "ms")) < 1, `${holdUpMs} ms`);
    assert.ok(holdUpMs >= HOLD_UP_LEAST_MS);
  });

  test(`${map.board}: the guide says that nothing of it has run`, () => {
    assert.match(guideOf(map), /has\s+run\s+on\s+hardware\s+yet/);
  });
}

test("the common guide says of each line of the self-test what it means", () => {
  const files = ["io/self-test-checks.ts", "io/self-test-network.ts"];
  const checks = files.map((file) => readFileSync(new URL(file, FIRMWARE), "utf8")).join("\n");
  const parts = new Set([...checks.matchAll(/\bpart(?: =|:) "([^"]+)"/g)].map(([, part]) => part));
  const explained = table(readFileSync(new URL("BRING-UP.md", FIRMWARE), "utf8"), "port").map(([part]) => part);
  assert.equal([...parts].sort(), explained.filter((part) => part?.includes("08h") !== true).sort());
});

test("the common guide names both boards' guides and says what is not proved", () => {
  const text = readFileSync(new URL("BRING-UP.md", FIRMWARE), "utf8");
  for (const { board } of [DEVKIT, TOUCH]) assert.ok(text.includes(`(io/boards/${board}.md)`), board);
  assert.match(text, /none of it has run on hardware/);
  for (const [what = "", how = "", expected = ""] of table(text, "what")) {
    assert.ok(how.length > 0 && expected.length > 0, what);
  }
});

/** The text of one section, from its heading to the next of the same or a higher rank. */
function section(text: string, heading: string): string {
  const rank = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = text.split("\n");
  const from = lines.indexOf(heading);
  assert.ok(from >= 0, `a section "${heading}"`);
  const length = lines.slice(from + 1).findIndex((line) => new RegExp(`^#{1,${rank}} `).test(line));
  return lines.slice(from + 1, length < 0 ? undefined : from + 1 + length).join("\n");
}

/** What a person cannot do without, by section: a fact each, as the guide has to say it. */
const FACTS: Readonly<Record<string, readonly RegExp[]>> = {
  "## MDB: levels and isolation": [
    /isolate themselves by optocouplers, and so do we/,
    /\*\*Transmit\.\*\* GPIO `mdbTransmit`/,
    /\*\*Receive\.\*\*.*`mdbReceive`/s,
    /bus voltage \| 34 V nominal/,
    /at least 100 mA at 4 V/,
    /at least 15 mA at 1 V/,
    /6N137/,
    /no current in the transmit loop \| GPIO high = no current; its resistor holds it high in reset/,
    /`invertTransmit`/,
  ],
  "## First flash": [
    /^npm run firmware -- build esp32 /m,
    /^mcconfig -d -m -p esp32:\.\/firmware\/io\/boards\/devkit /m,
    /^mcconfig -m -p esp32:\.\/firmware\/io\/boards\/devkit /m,
    /`touch` instead of `devkit`/,
    /`UPLOAD_PORT`/,
    /partitions\.csv/,
    /erase_flash/,
  ],
  "## xsbug": [
    /\*\*Breakpoints stop JavaScript, not the rim\*\*/,
    /`xsbug-log`/,
    /`-dl`/,
    /460,800/,
    /more than 10 s restarts/,
  ],
  "## Power fail": [/capacitor/],
  "## Self-test": [/^\| port \|/m],
};

test("the common guide has each section, with the facts that nobody gets far without", () => {
  const text = readFileSync(new URL("BRING-UP.md", FIRMWARE), "utf8");
  for (const [heading, facts] of Object.entries(FACTS)) {
    const said = section(text, heading);
    for (const fact of facts) assert.match(said, fact, `${heading} says ${fact}`);
  }
});

test("the README shows the touch screen, and every picture it names is one", () => {
  const root = new URL("../", FIRMWARE);
  const text = readFileSync(new URL("README.md", root), "utf8");
  const pictures = [...text.matchAll(/!\[([^\]]+)\]\(([^)]+)\)/g)];
  for (const [, what = "", path = ""] of pictures) {
    const picture = new URL(path, root);
    assert.ok(statSync(picture).size > 1_000, path);
    assert.equal(readFileSync(picture).subarray(1, 4).toString("latin1"), "PNG", path);
    assert.ok(what.length > 20, `${path}: said in words`);
  }
  const screen = pictures.find(([, , path]) => path?.endsWith("/touch-screen.png") === true);
  assert.match(screen?.[1] ?? "", /touch screen in the Moddable simulator/);
});

test.run();
