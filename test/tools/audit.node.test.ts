/** What is made of npm's report: findings fail, a registry that does not answer is said and fails nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judgeAudit } from "../../tools/audit.js";

const test = suite("tools/audit");
const report = (high: number, critical: number, vulnerabilities: object = {}) =>
  JSON.stringify({ vulnerabilities, metadata: { vulnerabilities: { low: 3, moderate: 2, high, critical } } });

test("nothing high or critical is clean, whatever is lower", () => {
  assert.equal(judgeAudit(report(0, 0)), {
    isClean: true,
    said: "no package is known to be weak, high or critical",
  });
});

test("each finding that is high or critical is named, and fails", () => {
  const found = { leftpad: { severity: "critical" }, mild: { severity: "low" }, right: { severity: "high" } };
  const { isClean, said } = judgeAudit(report(1, 1, found));
  assert.is(isClean, false);
  assert.is(said, "1 high and 1 critical findings: leftpad (critical), right (high)");
});

test("a registry that cannot be asked is said, with what npm says of it", () => {
  const refused = JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405 });
  const away = JSON.stringify({ error: { code: "EAI_AGAIN", summary: "the name does not resolve" } });
  const said = [refused, away, ""].map((output) => judgeAudit(output));
  assert.ok(said.every(({ isClean }) => isClean));
  assert.equal(
    said.map((one) => one.said),
    ["405 Method Not Allowed", "the name does not resolve", "no report"].map(
      (why) => `not checked: the registry does not answer (${why})`,
    ),
  );
});

test.run();
