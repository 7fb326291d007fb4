/**
 * Where the fleet's authorities are kept: a folder of 0600 files `authority-N.pem`, certificate and key in one, made at
 * the first need. Never in the database. Several overlap while one takes over from another: the newest signs machines,
 * the oldest that is not retired signs brokers, all are believed. `authority-N.retired.pem` is one that is.
 */
import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../config.js";
import { codeOf, secretFile } from "../store/data-folder.js";
import { type Authority, makeAuthority, readAuthority } from "./authority.js";

/** More would not fit into what a machine is told. */
export const MAX_AUTHORITIES = 4;

export interface Authorities {
  /** Oldest first. */
  readonly all: readonly Authority[];
  /** Signs machines' certificates. */
  readonly machines: Authority;
  /** Signs brokers' certificates: every machine knows it already. */
  readonly brokers: Authority;
  /** What a machine shall believe, as PEM: first the one that vouches for the broker today. */
  readonly bundle: readonly string[];
}

/** The authorities in `folder`; the first one is made where there is none. Throws ConfigError. */
export async function openAuthorities(folder: string, nowMs: number): Promise<Authorities> {
  let found = await authoritiesIn(folder);
  if (found.length === 0) {
    const made = await makeAuthority(1, nowMs);
    await secretFile(folder, fileOf(1, false), () => made);
    found = await authoritiesIn(folder);
  }
  return arrange(folder, await Promise.all(found.map((one) => readOne(folder, one))), nowMs);
}

/** True if there is an authority in `folder`, of whatever worth. */
export async function hasAuthority(folder: string): Promise<boolean> {
  return (await authoritiesIn(folder)).length > 0;
}

/** Makes the next authority beside those that are there; returns its generation. */
export async function addAuthority(folder: string, nowMs: number): Promise<number> {
  const { all } = await openAuthorities(folder, nowMs);
  if (all.length >= MAX_AUTHORITIES) {
    throw new ConfigError("SPIRAL_AUTHORITY_DIR", `holds ${all.length} authorities already`, "Remove the oldest file.");
  }
  const generation = Math.max(...all.map((authority) => authority.generation)) + 1;
  const made = await makeAuthority(generation, nowMs);
  await secretFile(folder, fileOf(generation, false), () => made);
  return generation;
}

/** Retires an authority: from then on the next one vouches for brokers. Throws for the newest. */
export async function retireAuthority(folder: string, generation: number, nowMs: number): Promise<void> {
  const { all, machines } = await openAuthorities(folder, nowMs);
  const authority = all.find((one) => one.generation === generation && !one.retired);
  if (authority === undefined) throw new RangeError(`there is no authority ${generation} to retire`);
  if (authority === machines) throw new RangeError(`authority ${generation} is the newest: add the next one first`);
  await rename(join(folder, fileOf(generation, false)), join(folder, fileOf(generation, true)));
}

interface Found {
  readonly generation: number;
  readonly retired: boolean;
}

function fileOf(generation: number, retired: boolean): string {
  return `authority-${generation}${retired ? ".retired" : ""}.pem`;
}

/** Oldest first. */
async function authoritiesIn(folder: string): Promise<readonly Found[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (codeOf(error) === "ENOENT") return [];
    throw broken(folder, `cannot be read (${codeOf(error)})`);
  });
  const found = names.flatMap((name) => {
    const [, generation, retired] = /^authority-([1-9][0-9]{0,5})(\.retired)?\.pem$/.exec(name) ?? [];
    return generation === undefined ? [] : [{ generation: Number(generation), retired: retired !== undefined }];
  });
  return found.sort((a, b) => a.generation - b.generation);
}

async function readOne(folder: string, { generation, retired }: Found): Promise<Authority> {
  const file = fileOf(generation, retired);
  try {
    return await readAuthority(generation, retired, await readFile(join(folder, file), "utf8"));
  } catch (error) {
    throw broken(folder, `holds ${file}, which is no authority (${codeOf(error)})`);
  }
}

function arrange(folder: string, all: readonly Authority[], nowMs: number): Authorities {
  const signing = all.filter(({ retired, certificate }) => !retired && certificate.notAfter.getTime() > nowMs);
  const machines = signing.at(-1);
  const [brokers] = signing;
  if (machines === undefined || brokers === undefined) throw broken(folder, "holds no authority in force");
  const others = all.filter((authority) => authority !== brokers).reverse();
  return { all, machines, brokers, bundle: [brokers, ...others].map(({ pem }) => pem) };
}

function broken(folder: string, problem: string): ConfigError {
  const cure =
    "Bring its files back: without them no machine gets a certificate, and those that have one must be reclaimed.";
  return new ConfigError("SPIRAL_AUTHORITY_DIR", `is ${folder}, which ${problem}`, cure);
}
