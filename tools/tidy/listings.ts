/** What is listed twice must agree: the README's folder list, the manifest's modules, the lock file, and the tree. */
import { dirname, join } from "node:path/posix";
import { type Finding, isCode, type Tree } from "./tree.js";

const TOPS = ["firmware", "fleet", "shared", "tools", "test"] as const;

/** Rooms of the tree: folders and source files directly below the five tops. */
export function roomsOf(tree: Tree): Set<string> {
  const rooms = new Set<string>();
  for (const path of tree.keys()) {
    const [top = "", second = "", ...deeper] = path.split("/");
    const isTop = TOPS.some((name) => name === top);
    if (isTop && (deeper.length > 0 || /\.(?:ts|tsx|js)$/.test(second))) {
      rooms.add(`${top}/${second}`);
    }
  }
  return rooms;
}

/** Paths in the first cells of the README's tables, several to a cell divided by commas. */
export function listedRooms(readme: string): Set<string> {
  const rooms = new Set<string>();
  for (const line of readme.split("\n")) {
    const cell = /^\|([^|]*)\|/.exec(line)?.[1] ?? "";
    for (const piece of cell.split(",")) {
      const path = piece.replaceAll(/[`*\s]/g, "").replace(/\/$/, "");
      if (TOPS.some((top) => path.startsWith(`${top}/`))) {
        rooms.add(path);
      }
    }
  }
  return rooms;
}

/** The README's folder list names every room and no other. */
export function checkReadme(tree: Tree): Finding[] {
  const listed = listedRooms(tree.get("README.md") ?? "");
  const rooms = roomsOf(tree);
  const missing = [...rooms].filter((room) => !listed.has(room));
  const gone = [...listed].filter((room) => !rooms.has(room));
  const finding = (message: string): Finding => ({ path: "README.md", line: 0, message });
  return [
    ...missing.sort().map((room) => finding(`the folder list lacks ${room}`)),
    ...gone.sort().map((room) => finding(`the folder list names ${room}, which is not there`)),
  ];
}

/** The folders of `firmware` and `shared` that hold modules for the chip. */
export function moduleFolders(tree: Tree): Set<string> {
  const folders = new Set<string>();
  for (const path of tree.keys()) {
    if (/^(?:firmware|shared)\//.test(path) && isCode(path)) {
      folders.add(path.slice(0, path.lastIndexOf("/")));
    }
  }
  return folders;
}

/**
 * The manifest registers each module folder as `"folder/*": "./folder/*"` and no folder that is not there. The rim
 * (`firmware/io`) and what a board starts (`firmware/esp32`) may be registered per platform or by a board's own
 * manifest, as a folder or module by module, and under a name that the boards share.
 */
export function checkManifest(tree: Tree): Finding[] {
  const finding = (message: string): Finding => ({ path: "manifest.json", line: 0, message });
  const text = tree.get("manifest.json");
  if (text === undefined) {
    return [finding("is missing")];
  }
  const manifest: unknown = JSON.parse(text);
  const modules = placesOf(manifest);
  const platforms = Object.values(objectAt(manifest, "platforms")).flatMap(placesOf);
  const anywhere = new Set([...modules, ...platforms].map(({ place }) => place));
  const onBoards = new Set([...anywhere, ...boardPlaces(tree)]);
  const paths = [...tree.keys()];
  const isRegistered = (folder: string): boolean => {
    if (!BY_BOARD.test(folder)) {
      return modules.some(({ name, place }) => name === `${folder}/*` && place === `./${folder}/*`);
    }
    const inside = paths.filter((path) => dirname(path) === folder && isCode(path));
    return onBoards.has(`./${folder}/*`) || inside.every((path) => onBoards.has(`./${path.replace(/\.ts$/, "")}`));
  };
  const missing = [...moduleFolders(tree)].filter((folder) => !isRegistered(folder));
  const gone = [...anywhere].filter((place) => {
    const folder = /^\.\/((?:firmware|shared)(?:\/.*)?\/)\*$/.exec(place)?.[1];
    return folder !== undefined && !paths.some((path) => path.startsWith(folder));
  });
  return [
    ...missing.sort().map((folder) => finding(`modules lack "${folder}/*": "./${folder}/*"`)),
    ...gone.sort().map((place) => finding(`modules name "${place}", but there is no such folder`)),
  ];
}

/** Folders of which a board need not carry all. */
const BY_BOARD = /^firmware\/(?:esp32|io)(?:\/|$)/;

/** Places in the manifests that the boards add to the root's, from the root. */
function boardPlaces(tree: Tree): string[] {
  return [...tree].flatMap(([path, text]) => {
    if (!/^firmware\/io\/boards\/[^/]+\/manifest\.json$/.test(path)) return [];
    return placesOf(JSON.parse(text)).map(({ place }) => `./${join(dirname(path), place)}`);
  });
}

/** Module names and their places. A Moddable manifest gives one place as a string and several as a list. */
function placesOf(manifest: unknown): { readonly name: string; readonly place: string }[] {
  return Object.entries(objectAt(manifest, "modules")).flatMap(([name, places]) => {
    const list: readonly unknown[] = Array.isArray(places) ? places : [places];
    return list.flatMap((place) => (typeof place === "string" ? [{ name, place }] : []));
  });
}

/** The object under `key`, or an empty one. */
function objectAt(value: unknown, key: string): Record<string, unknown> {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The lock files name no registry and keep the packages of every platform. */
export function checkLock(tree: Tree): Finding[] {
  return [...tree]
    .filter(([path]) => path.endsWith("package-lock.json"))
    .flatMap(([path, text]) => {
      const finding = (message: string): Finding => ({ path, line: 0, message });
      const packages = objectAt(JSON.parse(text), "packages");
      const hosts = Object.keys(packages).filter((place) => isObject(packages[place]) && "resolved" in packages[place]);
      const optional = Object.values(packages).flatMap((entry) => Object.keys(objectAt(entry, "optionalDependencies")));
      const names = new Set(Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, "")));
      const lost = optional.filter((name) => !names.has(name));
      return [
        ...hosts.map((place) => finding(`names a registry host at ${place}`)),
        ...lost.map((name) => finding(`lacks ${name}, which another platform needs`)),
      ];
    });
}
