/** Mutants of the way a board claims itself. */
import type { Mutant } from "./mutant.js";

const CLAIMER = ["test/firmware/io/net/claimer.test.ts"];
const STORE = ["test/firmware/io/secret-store.test.ts"];
const MENU = ["test/firmware/panel/menu-claim.test.ts"];

export const CLAIMS: readonly Mutant[] = [
  {
    name: "a claim code is given away before the clock is set",
    file: "firmware/io/net/claiming.ts",
    find: "return linked && now.synced && !asking",
    replace: "return linked && !asking",
    tests: CLAIMER,
  },
  {
    name: "a board says it is claimed before that is on flash",
    file: "firmware/io/net/claiming.ts",
    find: 'if (!input.ok) return only(waiting(state, "flash", facts, nowMs));',
    replace: "",
    tests: CLAIMER,
  },
  {
    name: "the word on one claim code is taken for the next one's",
    file: "firmware/io/net/claiming.ts",
    find: "if (state.code !== state.askedWith) return state;",
    replace: "",
    tests: CLAIMER,
  },
  {
    name: "a typed claim code is not kept for the next power-up",
    file: "firmware/io/net/claiming.ts",
    find: 'effects: [{ do: "keepCode", code }] };',
    replace: "effects: [] };",
    tests: CLAIMER,
  },
  {
    name: "a dead claim code stays on flash",
    file: "firmware/io/net/claiming.ts",
    find: 'effects: [{ do: "keepCode", code: "" }] };',
    replace: "effects: [] };",
    tests: CLAIMER,
  },
  {
    name: "a refused claim code is asked for again as if nobody had answered",
    file: "firmware/io/net/claiming.ts",
    find: "isLasting(trouble) ? CLAIM_REFUSED_MS : state.askAgainMs",
    replace: "state.askAgainMs",
    tests: CLAIMER,
  },
  {
    name: "another key's certificate is taken for the board's",
    file: "firmware/io/net/issued-answer.ts",
    find: 'if (!equalBytes(certificate.modulus, modulus)) return no("otherKey");',
    replace: "",
    tests: CLAIMER,
  },
  {
    name: "an issuer that is none of the authorities is believed",
    file: "firmware/io/net/issued-answer.ts",
    find: 'if (!authorities.some((authority) => issued(authority, certificate))) return no("unknownAuthority");',
    replace: "",
    tests: CLAIMER,
  },
  {
    name: "what a claim brought another machine is in force",
    file: "firmware/io/claim-store.ts",
    find: "given?.machineId === machineId && isGiven(given)",
    replace: "given !== undefined && isGiven(given)",
    tests: [...STORE, ...CLAIMER],
  },
  {
    name: "an identity that was provisioned outlives the claim",
    file: "firmware/io/secret-store.ts",
    find: "if (claim !== undefined && given !== undefined) {",
    replace: "if (claim !== undefined && given === null) {",
    tests: STORE,
  },
  {
    name: "a machine without an epoch begins a ledger",
    file: "firmware/ledger/recover.ts",
    find: 'if (owner.epoch === NO_EPOCH) return nothingYet(new Ring(flash.blocks), owner, [], "unclaimed");',
    replace: "",
    tests: ["test/firmware/ledger/foreign.test.ts"],
  },
  {
    name: "a slip in a typed claim code is not noticed",
    file: "firmware/panel/menu.ts",
    find: 'if (typed !== "" && !fitsClaimDigits(typed)) return',
    replace: 'if (typed === "none") return',
    tests: MENU,
  },
];
