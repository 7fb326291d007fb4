/** An auditor opens a socket between two sales, plugs in the handset and reads the counters. */
import * as assert from "uvu/assert";
import { auditViolations, reportViolations } from "../../shared/eva-dts/rules.js";
import { fieldOf, parseReport } from "../../shared/eva-dts/text.js";
import { choose, payBills, payCoins } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "audited over DEX between two sales: the report holds the first, the read is on record",
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 25, 25, 25, 25);
    cabinet.untilRest();
    cabinet.handset.plugIn();
    cabinet.until("the handset has its report", () => !cabinet.handset.busy);
    choose(cabinet, "B4");
    payBills(cabinet, 100, 100);
    cabinet.untilRest();
  },
  expect(told) {
    const { by, reset } = theRecord(told, "auditRead");
    assert.equal({ by, reset }, { by: 1, reset: false });
    const { handset, durable } = told.cabinet;
    const result = parseReport(handset.report);
    assert.ok(result.ok, handset.stage);
    if (!result.ok) return;
    const { report } = result;
    assert.equal(reportViolations(report), []);
    const fields = [fieldOf(report, "ID1", 1), fieldOf(report, "VA1", 1), fieldOf(report, "VA1", 2)];
    assert.equal(fields, ["M-1234", "100", "1"]);
    assert.is(fieldOf(report, "CA3", 5), "100", "cash in since initialisation");
    assert.is(fieldOf(report, "EA3", 9), "0", "this read itself is counted in the next report");
    assert.equal(auditViolations(durable), []);
    assert.is(durable.audit.since.cashSales, 2);
    assert.is(durable.audit.since.reads, 1);
  },
};
