/**
 * The import law: who may import whom, as one frozen table, checked edge by edge and again along every chain. The
 * rooms are those of the README. `*` in a room stands for one name, with or without a file ending.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { importsOf, scan } from "./scan.js";
import { type Finding, isCode, type Tree } from "./tree.js";

/** What a bare specifier belongs to: a Node module, an npm package, or a module of the XS runtime. */
export type Source = "node" | "npm" | "xs";

type Row = {
  /** Path prefix of the room; the first row that fits a file rules it. */
  readonly room: string;
  /** Rooms it may import; `.` is the room itself, `**` is anything. */
  readonly imports: readonly string[];
  /** Rooms of which it may import types only. */
  readonly types?: readonly string[];
  readonly sources: readonly Source[];
};

/** The law. Rows are tried from the top. */
export const LAW: readonly Row[] = deepFreeze([
  { room: "shared", imports: ["shared"], sources: [] },
  { room: "firmware/ports", imports: ["firmware/ports", "shared"], sources: [] },
  { room: "firmware/io", imports: [".", "firmware/ports", "shared"], sources: ["xs"] },
  { room: "firmware/main", imports: ["firmware", "shared"], sources: ["xs"] },
  { room: "firmware/esp32", imports: ["firmware", "shared"], sources: ["xs"] },
  {
    room: "firmware/machine",
    imports: [
      ".",
      "firmware/ports",
      "shared",
      "firmware/audit",
      "firmware/mdb",
      "firmware/cash",
      "firmware/sale",
      "firmware/delivery",
      "firmware/ledger",
      "firmware/settings",
      "firmware/uplink",
      "firmware/commands",
      "firmware/upkeep",
      "firmware/climate",
      "firmware/panel",
    ],
    sources: [],
  },
  { room: "firmware/*", imports: [".", "firmware/ports", "shared"], sources: [] },
  { room: "fleet/web/vite.config", imports: [], sources: ["node", "npm"] },
  { room: "fleet/web", imports: [".", "shared"], types: ["fleet/api"], sources: ["npm"] },
  { room: "fleet", imports: ["fleet", "shared"], sources: ["node", "npm"] },
  { room: "tools", imports: ["**"], sources: ["node", "npm", "xs"] },
  { room: "test", imports: ["**"], sources: ["node", "npm", "xs"] },
]);

/** What a room must not reach through any chain of imports that stay at run time. */
const NEVER_REACHED: readonly { room: string; never: readonly string[] }[] = deepFreeze([
  { room: "shared", never: ["firmware", "fleet", "tools", "test", "node", "npm", "xs"] },
  { room: "firmware/io", never: ["firmware/machine", "firmware/sale", "fleet", "tools", "test", "node", "npm"] },
  { room: "firmware/main", never: ["fleet", "tools", "test", "node", "npm"] },
  { room: "firmware/esp32", never: ["fleet", "tools", "test", "node", "npm"] },
  { room: "firmware/*", never: ["firmware/io", "firmware/main", "fleet", "tools", "test", "node", "npm", "xs"] },
  { room: "fleet/web/vite.config", never: ["firmware", "tools", "test"] },
  { room: "fleet/web", never: ["fleet/api", "fleet/store", "firmware", "tools", "test", "node"] },
  { room: "fleet", never: ["firmware", "tools", "test", "xs"] },
]);

/**
 * What runs on the bus's machine of a board, and what must only run in the network's worker: a TLS handshake takes
 * seconds of JavaScript, and the bus must not wait for it. The two meet at `network.ts` and the frames of `frames.ts`.
 * A module named in both runs in the worker.
 */
export const ON_THE_BUS: readonly string[] = deepFreeze([
  "firmware/main",
  "firmware/esp32",
  "firmware/io/board",
  "firmware/io/net/board-network",
  "firmware/io/net/network",
  "firmware/io/net/start-worker",
]);
export const IN_THE_WORKER: readonly string[] = deepFreeze([
  "firmware/esp32/devkit-network",
  "firmware/esp32/touch-network",
  "firmware/io/net/net-worker",
  "firmware/io/net/worker",
  "firmware/io/net/platform",
  "firmware/io/net/tls-socket",
  "firmware/io/net/tls-guard",
  "firmware/io/net/mqtt-client",
  "firmware/io/net/chain",
  "firmware/io/net/claimer",
  "firmware/io/net/renewer",
  "firmware/io/net/updater",
  "firmware/io/net/w5500",
]);

type Edge = { readonly from: string; readonly to: string; readonly line: number; readonly types: boolean };

/** Every breach of the law in `tree`; `npmNames` are the packages of package.json. */
export function checkLaw(tree: Tree, npmNames: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  const edges = new Map<string, Edge[]>();
  for (const [path, text] of tree) {
    if (isCode(path)) {
      const found = edgesOf(path, text, tree, npmNames, findings);
      edges.set(path, found);
      findings.push(...found.flatMap((edge) => edgeFinding(edge)));
    }
  }
  return [...findings, ...chainFindings(edges), ...busFindings(edges)];
}

function edgesOf(path: string, text: string, tree: Tree, npm: ReadonlySet<string>, findings: Finding[]): Edge[] {
  const edges: Edge[] = [];
  for (const { specifier, line, types } of importsOf(text, scan(text).code)) {
    const to = resolve(path, specifier, tree, npm);
    if (to === undefined) {
      findings.push({ path, line, message: `imports ${specifier}, which is no file of the project` });
    } else if (to !== "asset") {
      edges.push({ from: path, to, line, types });
    }
  }
  return edges;
}

/** Path of the file imported, a `Source`, `asset` for what is not code, or undefined if there is no such file. */
function resolve(from: string, specifier: string, tree: Tree, npm: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith(".")) {
    return sourceOf(specifier, npm);
  }
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      parts.pop();
    } else if (part !== ".") {
      parts.push(part);
    }
  }
  const path = parts.join("/").replace(/\?.*$/, "");
  const candidates = [path.replace(/\.js$/, ".ts"), path.replace(/\.js$/, ".tsx"), path];
  const found = specifier.endsWith(".js") ? candidates.find((candidate) => tree.has(candidate)) : undefined;
  const isAsset = /\.(?:css|json|svg|png|webp|jpg|html|sql|csv|txt)$/.test(path);
  return found ?? (isAsset ? "asset" : undefined);
}

function sourceOf(specifier: string, npm: ReadonlySet<string>): Source {
  if (specifier.startsWith("node:")) {
    return "node";
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return npm.has(name) ? "npm" : "xs";
}

function isIn(path: string, room: string): boolean {
  const place = room.endsWith("/*") ? `${room.slice(0, -1)}` : room;
  if (place.endsWith("/")) {
    return path.startsWith(place);
  }
  return path === place || path.startsWith(`${place}/`) || path.startsWith(`${place}.`);
}

/** `firmware/mdb` of `firmware/mdb/link.ts` and of `firmware/mdb.ts`; `fleet/web` likewise. */
function roomOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return `${top}/${second.replace(/\..*$/, "")}`;
}

function edgeFinding(edge: Edge): Finding[] {
  const row = LAW.find((candidate) => isIn(edge.from, candidate.room));
  if (row === undefined) {
    return [{ path: edge.from, line: edge.line, message: "lies in no room of the import law" }];
  }
  const allowed = isSource(edge.to)
    ? row.sources.includes(edge.to)
    : row.imports.some((room) => mayEnter(edge, room)) ||
      (edge.types && (row.types ?? []).some((room) => isIn(edge.to, room)));
  const what = isSource(edge.to) ? `a module of ${edge.to}` : edge.to;
  return allowed ? [] : [{ path: edge.from, line: edge.line, message: `must not import ${what} (import law)` }];
}

function mayEnter(edge: Edge, room: string): boolean {
  return room === "**" || (room === "." ? isIn(edge.to, roomOf(edge.from)) : isIn(edge.to, room));
}

function isSource(to: string): to is Source {
  return to === "node" || to === "npm" || to === "xs";
}

/** Breaches along chains: a room reaches, through others, what it must never reach. */
function chainFindings(edges: ReadonlyMap<string, readonly Edge[]>): Finding[] {
  const findings: Finding[] = [];
  for (const start of edges.keys()) {
    const row = NEVER_REACHED.find((candidate) => isIn(start, candidate.room));
    const chain = row === undefined ? undefined : forbiddenChain(start, row.never, edges);
    if (chain !== undefined && chain.length > 2) {
      findings.push({ path: start, line: 0, message: `reaches what it must not: ${chain.join(" -> ")}` });
    }
  }
  return findings;
}

/** Chains from the bus's machine into the worker's modules, single imports too. */
function busFindings(edges: ReadonlyMap<string, readonly Edge[]>): Finding[] {
  const isAmong = (path: string, places: readonly string[]): boolean => places.some((place) => isIn(path, place));
  const starts = [...edges.keys()].filter((path) => isAmong(path, ON_THE_BUS) && !isAmong(path, IN_THE_WORKER));
  return starts.flatMap((path) => {
    const chain = forbiddenChain(path, IN_THE_WORKER, edges);
    const message = `runs beside the bus and must not reach the network's worker: ${chain?.join(" -> ")}`;
    return chain === undefined ? [] : [{ path, line: 0, message }];
  });
}

function forbiddenChain(
  start: string,
  never: readonly string[],
  edges: ReadonlyMap<string, readonly Edge[]>,
): string[] | undefined {
  const cameFrom = new Map<string, string>([[start, ""]]);
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const edge of edges.get(path) ?? []) {
      if (edge.types || cameFrom.has(edge.to)) {
        continue;
      }
      cameFrom.set(edge.to, path);
      if (never.some((room) => isIn(edge.to, room))) {
        return chainTo(edge.to, cameFrom);
      }
      queue.push(edge.to);
    }
  }
  return undefined;
}

function chainTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const chain: string[] = [];
  for (let path = end; path !== ""; path = cameFrom.get(path) ?? "") {
    chain.unshift(path);
  }
  return chain;
}
