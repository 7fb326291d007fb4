/** `npm run firmware`: builds the firmware with the Moddable SDK, and sells on it in the SDK's simulator. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOrder, HELP, readArguments, type SimulateOrder } from "./arguments.js";
import { type Built, build, onlyNews, type Place } from "./build.js";
import { type LinkReport, tellLink, whyRefused } from "./link-report.js";
import { endWithUs } from "./program.js";
import { findSdk, type Sdk, type ToolName } from "./sdk.js";
import { simulate } from "./simulate.js";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_MISSING = 3;

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const BUILD_TOOLS: readonly ToolName[] = ["mcconfig", "xsc", "xsl"];

/** Where all that is built goes: `out`, or below this project. */
function placeOf(out: string | undefined): Place {
  return { root: ROOT, out: out === undefined ? join(ROOT, "build", "firmware") : resolve(out) };
}

const say = (line: string): void => console.error(line);

async function main(): Promise<number> {
  const order = readArguments(process.argv.slice(2));
  switch (order.do) {
    case "help":
      console.log(HELP);
      return 0;
    case "refuse":
      say(order.why);
      return EXIT_USAGE;
    case "build":
      return withSdk(order.json, BUILD_TOOLS, (sdk) => buildFor(order, sdk));
    case "simulate":
      return withSdk(order.json, [...BUILD_TOOLS, "mcsim"], (sdk) => sellIn(order, sdk));
  }
}

async function withSdk(json: boolean, tools: readonly ToolName[], go: (sdk: Sdk) => Promise<number>): Promise<number> {
  const found = findSdk(process.env, process.platform, tools);
  if (!found.ok) return fail(json, found.reason, EXIT_MISSING);
  if (found.note !== undefined) say(found.note);
  return go(found.sdk);
}

async function buildFor(order: BuildOrder, sdk: Sdk): Promise<number> {
  const end = await build(order.target, sdk, placeOf(order.out), order.verbose ? say : onlyNews(say));
  if (!end.ok) return fail(order.json, end.reason, EXIT_FAILED);
  for (const line of tellBuilt(end.built)) console.log(line);
  const reasons = whyRefused(end.built.link, end.built.target);
  const facts = { sdk: sdk.version, ...asJson(end.built) };
  if (reasons.length > 0) return fail(order.json, reasons.join("\n"), EXIT_FAILED, facts);
  if (order.json) console.log(JSON.stringify({ ok: true, ...facts }));
  return 0;
}

function tellBuilt({ target, link, product, stopped }: Built): string[] {
  const what = target.platform === "lin" ? "lin (simulator)" : `esp32, board ${target.board}`;
  const kind = target.debug ? "debug" : "release";
  const head = `Firmware for ${what}, ${kind}: generated, compiled by xsc, linked by xsl.`;
  const tail =
    stopped === undefined ? [`Built: ${product}`] : [`Stopped here: the rest needs Espressif's compiler. ${stopped}`];
  return [head, ...tellLink(link), ...tail];
}

function asJson({ target, link, product, stopped }: Built): object {
  return { ...target, ...plain(link), product: product ?? null, stopped: stopped ?? null };
}

function plain(link: LinkReport): object {
  return { ...link, rooms: Object.fromEntries(link.rooms) };
}

async function sellIn(order: SimulateOrder, sdk: Sdk): Promise<number> {
  const end = await simulate(order, sdk, placeOf(order.out), say);
  if (!end.ok) return fail(order.json, end.reason, end.missing ? EXIT_MISSING : EXIT_FAILED);
  console.log(end.told);
  if (order.json) console.log(JSON.stringify({ ok: true, sdk: sdk.version, ...end.facts }));
  return 0;
}

function fail(json: boolean, reason: string, code: number, facts: object = {}): number {
  say(reason);
  if (json) console.log(JSON.stringify({ ok: false, reason, ...facts }));
  return code;
}

endWithUs();
process.exitCode = await main();
