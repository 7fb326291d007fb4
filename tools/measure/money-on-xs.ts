/**
 * What the XS meter measures for the bench `money`: each stock of worst-tubes.ts at 1 ¢ and $20.00, a function each.
 */
import { payableSet } from "../../shared/money/payable.js";
import { coinPlan } from "../../shared/money/plan.js";
import { WORST_CASE_MINOR, worstCaseTubes } from "./worst-tubes.js";

const CASES = worstCaseTubes();

export const [set0, set1, set2, set3, set4, set5, set6, set7, set8] = CASES.map(({ tubes }) => () => {
  payableSet(tubes, WORST_CASE_MINOR);
});

export const [plan0, plan1, plan2, plan3, plan4, plan5, plan6, plan7, plan8] = CASES.map(({ tubes }) => () => {
  coinPlan(tubes, WORST_CASE_MINOR - 1);
});
