/** An operator's rules, quiet hours and units; maintenance and snoozes of its machines. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { RuleSetting } from "../../alerts/evaluate.js";
import type { Threshold } from "../../alerts/rule.js";
import { RULE_CODES, RULES, type RuleCode } from "../../alerts/rules.js";
import {
  lockAlertSettings,
  lockMutes,
  lookAtFleet,
  machineMutes,
  muteMachine,
  readAlertSettings,
  ruleSettings,
  setAlertSettings,
  setRule,
  unmuteMachine,
} from "../../store/alert-rules.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { mustOwn } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { mustBeZone } from "../zones.js";
import { AlertSettings, MuteBody, MuteList, MuteParams, Rule, RuleBody, RuleList, RuleParams } from "./schema.js";
import { mustBeSoon } from "./until.js";

export const alertRuleRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(rules);
  await app.register(settings);
  await app.register(mutes);
};

const rules: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/alert-rules",
    { config: { right: "alerts:read" }, schema: { response: { 200: RuleList, ...ALLOWED_FAILURES } } },
    async (request) => {
      const caller = callerOf(request);
      const own = await asOperator(app.databases.app, caller, (tx) => ruleSettings(tx, caller.operatorId));
      return { rules: RULE_CODES.map((code) => ruleOf(code, own.get(code))) };
    },
  );

  app.get(
    "/alert-rules/:rule",
    { config: { right: "alerts:read" }, schema: { params: RuleParams, response: { 200: Rule, ...ONE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rule } = request.params;
      const own = await asOperator(app.databases.app, caller, (tx) => ruleSettings(tx, caller.operatorId));
      return tagged(reply, ruleOf(rule, own.get(rule)));
    },
  );

  app.put(
    "/alert-rules/:rule",
    {
      config: { right: "rules:write" },
      schema: { params: RuleParams, headers: IfMatch, body: RuleBody, response: { 200: Rule, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rule } = request.params;
      const { enabled, severity = null, thresholds = {} } = request.body;
      mustFit(rule, thresholds);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        await lockAlertSettings(tx, caller.operatorId);
        const before = ruleOf(rule, (await ruleSettings(tx, caller.operatorId)).get(rule));
        requireMatch(request, before);
        await setRule(tx, caller.operatorId, rule, { enabled, severity, thresholds });
        await lookAtFleet(tx);
        const after = ruleOf(rule, { enabled, severity, thresholds });
        await recordChange(tx, caller, { action: "changed", subject: "alert rule", subjectId: rule, before, after });
        return after;
      });
      return tagged(reply, changed);
    },
  );
};

function thresholdsOf(code: RuleCode): Readonly<Record<string, Threshold>> {
  return RULES[code].thresholds;
}

function ruleOf(rule: RuleCode, own: RuleSetting | undefined): Rule {
  const { about, per, severity } = RULES[rule];
  const thresholds = Object.entries(thresholdsOf(rule)).map(([name, threshold]) => [
    name,
    { ...threshold, value: own?.thresholds[name] ?? threshold.preset },
  ]);
  return {
    ...{ rule, about, per, presetSeverity: severity, enabled: own?.enabled ?? true },
    severity: own?.severity ?? severity,
    thresholds: Object.fromEntries(thresholds),
  };
}

function mustFit(rule: RuleCode, given: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(given)) {
    const threshold = Object.hasOwn(thresholdsOf(rule), name) ? thresholdsOf(rule)[name] : undefined;
    if (threshold === undefined) throw new ProblemError("bad-request", `${rule} has no threshold ${name}`);
    const { least, most } = threshold;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new ProblemError("bad-request", `${name}: whole, from ${least} to ${most}`);
    }
  }
}

const settings: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/alert-settings",
    { config: { right: "alerts:read" }, schema: { response: { 200: AlertSettings, ...ALLOWED_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const read = await asOperator(app.databases.app, caller, (tx) => readAlertSettings(tx, caller.operatorId));
      return tagged(reply, read);
    },
  );

  app.put(
    "/alert-settings",
    {
      config: { right: "rules:write" },
      schema: { headers: IfMatch, body: AlertSettings, response: { 200: AlertSettings, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { body } = request;
      mustBeZone(body.timeZone);
      if ((body.quietFromMinute === null) !== (body.quietToMinute === null)) {
        throw new ProblemError("bad-request", "quietFromMinute and quietToMinute: both, or neither");
      }
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        await lockAlertSettings(tx, operatorId);
        const before = await readAlertSettings(tx, operatorId);
        requireMatch(request, before);
        await setAlertSettings(tx, operatorId, body);
        const after = await readAlertSettings(tx, operatorId);
        await recordChange(tx, caller, {
          ...{ action: "changed", subject: "alert settings", subjectId: operatorId, before, after },
        });
        return after;
      });
      return tagged(reply, changed);
    },
  );
};

const mutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/mutes",
    {
      config: { right: "alerts:read" },
      schema: { params: SerialParams, response: { 200: MuteList, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial } = request.params;
      const read = await asOperator(app.databases.app, caller, async (tx) => {
        await mustOwn(tx, caller.operatorId, serial);
        return mutesOf(tx, serial);
      });
      return tagged(reply, read);
    },
  );

  app.put(
    "/machines/:serial/mutes/:rule",
    {
      config: { right: "alerts:write" },
      schema: { params: MuteParams, headers: IfMatch, body: MuteBody, response: { 200: MuteList, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial, rule } = request.params;
      mustBeSoon(request.body.untilAt);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        await mustOwn(tx, caller.operatorId, serial);
        const { mutes: there } = await mutesToChange(tx, request, serial);
        const before = there.find((mute) => mute.rule === rule) ?? null;
        await muteMachine(tx, caller, serial, rule, request.body);
        const after = { rule, ...request.body };
        await recordChange(tx, caller, { action: "muted", subject: "machine", subjectId: serial, before, after });
        return mutesOf(tx, serial);
      });
      return tagged(reply, changed);
    },
  );

  app.delete(
    "/machines/:serial/mutes/:rule",
    {
      config: { right: "alerts:write" },
      schema: { params: MuteParams, headers: IfMatch, response: { 200: MuteList, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial, rule } = request.params;
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        await mustOwn(tx, caller.operatorId, serial);
        const { mutes: there } = await mutesToChange(tx, request, serial);
        const before = there.find((mute) => mute.rule === rule) ?? { rule };
        if (await unmuteMachine(tx, serial, rule)) {
          await recordChange(tx, caller, {
            action: "unmuted",
            subject: "machine",
            subjectId: serial,
            before,
            after: null,
          });
        }
        return mutesOf(tx, serial);
      });
      return tagged(reply, changed);
    },
  );
};

async function mutesOf(tx: Transaction, serial: string): Promise<MuteList> {
  return { mutes: [...(await machineMutes(tx, serial))] };
}

/** If-Match names all mutes of the machine: nobody else changes one until the transaction ends. */
async function mutesToChange(tx: Transaction, request: FastifyRequest, serial: string): Promise<MuteList> {
  await lockMutes(tx, serial);
  const mutes = await mutesOf(tx, serial);
  requireMatch(request, mutes);
  return mutes;
}
