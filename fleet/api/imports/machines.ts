/**
 * What an operator says of machines, from CSV. Machines are made by claims, so each line is of one that is there. An
 * empty cell leaves what it is; tags stand in one cell, between semicolons, and take the place of those there were.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { findLocation } from "../../store/locations.js";
import { ownMachine } from "../../store/machine-list.js";
import { readProfile } from "../../store/machine-profiles.js";
import { machineTags, setMachineTags } from "../../store/machine-tags.js";
import { Serial } from "../common.js";
import { patchProfile } from "../machines/profile-change.js";
import { type MachineProfile, ProfilePatch } from "../machines/profile-schema.js";
import { ProblemError } from "../problems.js";
import { type Caller, callerOf } from "../rights.js";
import { lookAtListeners } from "../session/watch.js";
import { MachineTags } from "../tags/schema.js";
import { type RowError, rowsOf } from "./rows.js";
import { IMPORT_SCHEMA, MAX_IMPORT_BYTES, type Outcome, sendImport } from "./run.js";

const { model, locationName, timeZone, latitude, longitude, telemetryPeriodS } = ProfilePatch.properties;
export const MachineLine = Type.Object(
  {
    serial: Serial,
    model,
    location: Type.Optional(Type.String({ maxLength: 255, pattern: "^[^\\u0000]*$" })),
    ...{ locationName, timeZone, latitude, longitude, telemetryPeriodS },
    tags: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  { additionalProperties: false },
);
export type MachineLine = Static<typeof MachineLine>;

interface Item {
  readonly line: number;
  readonly value: MachineLine;
}

export const machineImports: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/machines/imports",
    {
      config: { right: "machines:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: {
        ...IMPORT_SCHEMA,
        description:
          "Columns: serial, model, location (by name), locationName, timeZone, latitude, longitude, " +
          "telemetryPeriodS, tags (between semicolons; needs the right tags:write). Each line: a machine you have.",
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rows, errors } = rowsOf(request.body, MachineLine, { numbers: ["telemetryPeriodS"] });
      const tagging = rows.some(({ value }) => value.tags !== undefined);
      if (tagging && !caller.rights.includes("tags:write")) throw new ProblemError("not-allowed", "tags:write");
      const file = { rows: rows.length, errors: [...errors, ...repeated(rows)], items: bySerial(rows) };
      const dryRun = request.query.dryRun === true;
      // Whoever listens may see more or less by it.
      const afterwards = async () => (tagging ? lookAtListeners(app, caller.operatorId) : undefined);
      return sendImport(app, request, reply, file, (tx, item) => putMachine(tx, caller, item), { dryRun, afterwards });
    },
  );
};

function repeated(rows: readonly Item[]): readonly RowError[] {
  const seen = new Set<string>();
  return rows.flatMap(({ line, value: { serial } }) => {
    const again = seen.has(serial);
    seen.add(serial);
    return again ? [{ line, column: "serial", message: "stands there twice" }] : [];
  });
}

/** In one order, so that two files at once never wait for each other. */
function bySerial(rows: readonly Item[]): readonly Item[] {
  return [...rows].sort((a, b) => (a.value.serial < b.value.serial ? -1 : 1));
}

async function putMachine(tx: Transaction, caller: Caller, { line, value }: Item): Promise<Outcome> {
  const { operatorId } = caller;
  const { serial, location, tags, ...told } = value;
  const before = await stateOf(tx, operatorId, serial);
  if (before === undefined) return { line, column: "serial", message: "is no machine of yours" };
  const locationId = location === undefined ? undefined : await findLocation(tx, operatorId, location);
  if (location !== undefined && locationId === undefined) {
    return { line, column: "location", message: "is no location of yours" };
  }
  const patch = locationId === undefined ? told : { ...told, locationId };
  const unfit = await patchProfile(tx, operatorId, before.profile, patch);
  if (unfit !== undefined) return { line, column: unfit.field, message: unfit.why };
  if (tags !== undefined) {
    const wanted = { tags: tags.split(";").flatMap((tag) => (tag.trim() === "" ? [] : [tag.trim()])) };
    if (!Value.Check(MachineTags, wanted)) return { line, column: "tags", message: "are too many, or no tags" };
    await setMachineTags(tx, operatorId, before.id, wanted.tags);
  }
  const after = await stateOf(tx, operatorId, serial);
  if (JSON.stringify(before) === JSON.stringify(after)) return "unchanged";
  const about = { subject: "machine", subjectId: serial, before: shown(before), after: shown(after) };
  await recordChange(tx, caller, { action: "changed", ...about });
  return "changed";
}

interface State {
  readonly id: string;
  readonly profile: MachineProfile;
  readonly tags: readonly string[];
}

async function stateOf(tx: Transaction, operatorId: string, serial: string): Promise<State | undefined> {
  const profile = await readProfile(tx, operatorId, serial, true);
  const id = profile === undefined ? undefined : (await ownMachine(tx, operatorId, serial))?.id;
  return profile === undefined || id === undefined ? undefined : { id, profile, tags: await machineTags(tx, id) };
}

function shown(state: State | undefined) {
  return state === undefined ? null : { ...state.profile, tags: state.tags };
}
