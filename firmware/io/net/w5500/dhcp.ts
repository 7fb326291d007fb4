/**
 * A DHCP client as a pure step (RFC 2131 §4.4): an address asked for, kept by renewing at T1 and rebinding at T2, given
 * up when its lease is over, refused, or held by somebody else. Tries are bounded and spread; after the last one it
 * rests and begins anew, for ever. Draws no number and reads no clock by itself; `ethernet.ts` carries it out.
 */
import { deepFreeze } from "../../../../shared/freeze.js";
import { type DhcpAnswer, type DhcpRequest, FOR_EVER_S } from "./dhcp-codec.js";

/** First wait for an answer; doubles, ± SPREAD_MS (§4.1). */
export const WAIT_FIRST_MS = 4_000;
export const SPREAD_MS = 1_000;
/** Before the first DISCOVER: a street's machines get their mains back at once (§4.4.1). */
export const START_SPREAD_MS = 1_000;
export const MAX_DISCOVERS = 5;
export const MAX_REQUESTS = 4;
export const REST_MS = 60_000;
/** After a refusal or a conflict; at least 10 s (§3.1.5). */
export const REFUSED_MS = 10_000;
/** Between two tries to renew or rebind (§4.4.5). */
export const RENEW_LEAST_MS = 60_000;
/** Shorter leases are none. */
export const LEAST_LEASE_S = 60;

export interface Lease {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
  readonly router: Uint8Array | undefined;
  readonly nameServers: readonly Uint8Array[];
  readonly server: Uint8Array;
  readonly renewAtMs: number;
  readonly rebindAtMs: number;
  readonly endsAtMs: number;
}

export interface DhcpState {
  /**
   * off: no cable. resting: waits until it begins anew. selecting: DISCOVER is out. requesting: an offer was taken.
   * bound, renewing, rebinding: there is a lease.
   */
  readonly phase: "off" | "resting" | "selecting" | "requesting" | "bound" | "renewing" | "rebinding";
  readonly dueMs: number;
  readonly xid: number;
  /** Since when this round is under way. */
  readonly beganMs: number;
  /** A lease counts from when it was asked for (§4.4.1). */
  readonly askedMs: number;
  readonly tries: number;
  readonly offer: { readonly address: Uint8Array; readonly server: Uint8Array } | undefined;
  readonly lease: Lease | undefined;
  /** What we had last: asked for again. */
  readonly last: Uint8Array | undefined;
}

export type DhcpInput =
  | { readonly on: "link"; readonly up: boolean }
  | { readonly on: "answer"; readonly answer: DhcpAnswer }
  | { readonly on: "conflict" }
  | { readonly on: "tick" };

export type DhcpEffect =
  /** to: a server, or undefined = everybody. */
  | { readonly do: "send"; readonly request: DhcpRequest; readonly to: Uint8Array | undefined }
  | { readonly do: "use"; readonly lease: Lease | undefined };

export interface DhcpStep {
  readonly state: DhcpState;
  readonly effects: readonly DhcpEffect[];
}

/** Uniform in 0 … bound − 1. */
export type Random = (bound: number) => number;

const NONE: readonly DhcpEffect[] = deepFreeze([]);

export const DHCP_OFF: DhcpState = Object.freeze<DhcpState>({
  phase: "off",
  dueMs: Infinity,
  xid: 0,
  beganMs: 0,
  askedMs: 0,
  tries: 0,
  offer: undefined,
  lease: undefined,
  last: undefined,
});

export function stepDhcp(was: DhcpState, input: DhcpInput, random: Random, nowMs: number): DhcpStep {
  switch (input.on) {
    case "link":
      if (!input.up) return was.phase === "off" ? stay(was) : give(was, { phase: "off", dueMs: Infinity });
      return was.phase === "off" ? stay(rest(was, random(START_SPREAD_MS), nowMs)) : stay(was);
    case "conflict":
      return was.lease === undefined ? stay(was) : decline(was, was.lease, random, nowMs);
    case "answer":
      return answered(was, input.answer, random, nowMs);
    case "tick":
      return nowMs < was.dueMs ? stay(was) : due(was, random, nowMs);
  }
}

function stay(state: DhcpState): DhcpStep {
  return { state, effects: NONE };
}

/** The lease, where there is one, is none any more. */
function give(was: DhcpState, change: Partial<DhcpState>): DhcpStep {
  const state = { ...was, offer: undefined, lease: undefined, ...change };
  return { state, effects: was.lease === undefined ? NONE : [{ do: "use", lease: undefined }] };
}

function rest(was: DhcpState, forMs: number, nowMs: number): DhcpState {
  return { ...was, phase: "resting", offer: undefined, lease: undefined, tries: 0, dueMs: nowMs + forMs };
}

function due(was: DhcpState, random: Random, nowMs: number): DhcpStep {
  switch (was.phase) {
    case "off":
      return stay(was);
    case "resting":
      return discover({ ...was, xid: random(2 ** 32), beganMs: nowMs, tries: 0 }, random, nowMs);
    case "selecting":
      if (was.tries < MAX_DISCOVERS) return discover(was, random, nowMs);
      return stay(rest({ ...was, last: undefined }, spread(REST_MS, random), nowMs));
    case "requesting":
      if (was.tries < MAX_REQUESTS) return request(was, random, nowMs);
      return stay(rest(was, spread(WAIT_FIRST_MS, random), nowMs));
    case "bound":
    case "renewing":
    case "rebinding":
      return was.lease === undefined ? stay(was) : extend(was, was.lease, random, nowMs);
  }
}

function waitMs(tries: number, random: Random): number {
  return spread(WAIT_FIRST_MS * 2 ** tries, random);
}

function spread(ms: number, random: Random): number {
  return ms - SPREAD_MS + random(2 * SPREAD_MS + 1);
}

function secsSince(beganMs: number, nowMs: number): number {
  return Math.floor((nowMs - beganMs) / 1_000);
}

function discover(was: DhcpState, random: Random, nowMs: number): DhcpStep {
  const { xid, beganMs, last: wanted, tries } = was;
  const secs = secsSince(beganMs, nowMs);
  const asked: DhcpRequest = { kind: "discover", xid, secs, ours: undefined, wanted, server: undefined };
  return {
    state: { ...was, phase: "selecting", tries: tries + 1, dueMs: nowMs + waitMs(tries, random) },
    effects: [{ do: "send", request: asked, to: undefined }],
  };
}

function request(was: DhcpState, random: Random, nowMs: number): DhcpStep {
  const { xid, beganMs, offer, tries } = was;
  const secs = secsSince(beganMs, nowMs);
  const asked: DhcpRequest = {
    kind: "request",
    xid,
    secs,
    ours: undefined,
    wanted: offer?.address,
    server: offer?.server,
  };
  return {
    state: { ...was, phase: "requesting", tries: tries + 1, askedMs: nowMs, dueMs: nowMs + waitMs(tries, random) },
    effects: [{ do: "send", request: asked, to: undefined }],
  };
}

/** T1, T2, or the end of the lease, and the tries between them: half of what is left, at least a minute (§4.4.5). */
function extend(was: DhcpState, lease: Lease, random: Random, nowMs: number): DhcpStep {
  if (nowMs >= lease.endsAtMs) {
    const { state, effects } = give(was, {});
    return { state: rest({ ...state, last: lease.address }, random(START_SPREAD_MS), nowMs), effects };
  }
  const rebinds = nowMs >= lease.rebindAtMs;
  const phase = rebinds ? "rebinding" : "renewing";
  const untilMs = rebinds ? lease.endsAtMs : lease.rebindAtMs;
  const dueMs = Math.min(untilMs, nowMs + Math.max(RENEW_LEAST_MS, Math.floor((untilMs - nowMs) / 2)));
  const began = was.phase === "bound" ? { xid: random(2 ** 32), beganMs: nowMs } : {};
  const state: DhcpState = { ...was, ...began, phase, askedMs: nowMs, dueMs };
  const asked: DhcpRequest = {
    kind: "request",
    xid: state.xid,
    secs: secsSince(state.beganMs, nowMs),
    ours: lease.address,
    wanted: undefined,
    server: undefined,
  };
  return { state, effects: [{ do: "send", request: asked, to: rebinds ? undefined : lease.server }] };
}

function answered(was: DhcpState, answer: DhcpAnswer, random: Random, nowMs: number): DhcpStep {
  if (answer.xid !== was.xid) return stay(was);
  switch (was.phase) {
    case "selecting": {
      const { server, address } = answer;
      if (answer.kind !== "offer" || server === undefined || !isLong(answer)) return stay(was);
      return request({ ...was, offer: { address, server }, tries: 0 }, random, nowMs);
    }
    case "requesting":
      if (!isSame(answer.server, was.offer?.server)) return stay(was);
      break;
    case "renewing":
      // while it renews only the server that was asked may answer; while it rebinds, any
      if (answer.kind === "nak" && !isSame(answer.server, was.lease?.server)) return stay(was);
      break;
    case "rebinding":
      break;
    default:
      return stay(was);
  }
  if (answer.kind === "nak") {
    const { state, effects } = give(was, {});
    return { state: rest({ ...state, last: undefined }, spread(REFUSED_MS, random), nowMs), effects };
  }
  if (answer.kind !== "ack" || !isLong(answer)) return stay(was);
  return bind(was, answer);
}

function isLong({ leaseS }: DhcpAnswer): boolean {
  return leaseS !== undefined && leaseS >= LEAST_LEASE_S;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && one.every((byte, i) => byte === other[i]);
}

function bind(was: DhcpState, answer: DhcpAnswer): DhcpStep {
  const { address, mask, router, nameServers, leaseS = 0, renewS, rebindS } = answer;
  const server = answer.server ?? was.lease?.server;
  if (server === undefined) return stay(was);
  const endless = leaseS === FOR_EVER_S;
  // what a server says of T1 and T2 counts only where they come in that order before the end
  const told = renewS !== undefined && rebindS !== undefined && renewS > 0 && renewS < rebindS && rebindS < leaseS;
  const renewMs = told ? renewS * 1_000 : leaseS * 500;
  const rebindMs = told ? rebindS * 1_000 : leaseS * 875;
  const atMs = (afterMs: number): number => (endless ? Infinity : was.askedMs + afterMs);
  const lease: Lease = {
    address,
    mask,
    router,
    nameServers,
    server,
    renewAtMs: atMs(renewMs),
    rebindAtMs: atMs(rebindMs),
    endsAtMs: atMs(leaseS * 1_000),
  };
  return {
    state: { ...was, phase: "bound", dueMs: lease.renewAtMs, tries: 0, offer: undefined, lease, last: address },
    effects: [{ do: "use", lease }],
  };
}

/** Somebody else has it: the server is told, and another one asked for (§3.1.5). */
function decline(was: DhcpState, { address, server }: Lease, random: Random, nowMs: number): DhcpStep {
  const { state, effects } = give(was, { last: undefined });
  const xid = random(2 ** 32);
  const said: DhcpRequest = { kind: "decline", xid, secs: 0, ours: undefined, wanted: address, server };
  return {
    state: rest({ ...state, xid }, spread(REFUSED_MS, random), nowMs),
    effects: [...effects, { do: "send", request: said, to: undefined }],
  };
}
