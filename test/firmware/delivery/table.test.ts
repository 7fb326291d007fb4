/** Every state with every input. "." = it means nothing there: nothing changes and nothing is done. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DeliveryEffect, DeliveryInput, DeliveryState } from "../../../firmware/delivery/state.js";
import { deliveryDueMs, stepDelivery } from "../../../firmware/delivery/step.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery, every state and input");
const NOW = 12_000;
const OTHER = COLUMN + 1;

const INPUTS: readonly { readonly name: string; readonly input: DeliveryInput; readonly nowMs?: number }[] = [
  { name: "prepare", input: { on: "order", order: { delivery: "prepare", column: COLUMN, homeOnly: false } } },
  { name: "prepareHomeOnly", input: { on: "order", order: { delivery: "prepare", column: COLUMN, homeOnly: true } } },
  { name: "turn", input: { on: "order", order: { delivery: "turn", column: COLUMN, homeOnly: false, retry: false } } },
  { name: "finish", input: { on: "order", order: { delivery: "finish", column: COLUMN, homeOnly: false } } },
  { name: "bringHome", input: { on: "order", order: { delivery: "home", column: COLUMN, attended: false } } },
  { name: "noRetry", input: { on: "order", order: { delivery: "noRetry" } } },
  { name: "leftHome", input: { on: "leftHome", column: COLUMN, atMs: NOW } },
  { name: "otherLeftHome", input: { on: "leftHome", column: OTHER, atMs: NOW } },
  { name: "home", input: { on: "motorStopped", column: COLUMN, why: "home", atMs: NOW } },
  { name: "timeout", input: { on: "motorStopped", column: COLUMN, why: "timeout", atMs: NOW } },
  { name: "otherStopped", input: { on: "motorStopped", column: OTHER, why: "home", atMs: NOW } },
  { name: "dark", input: { on: "beam", dark: true, atMs: NOW } },
  { name: "lit", input: { on: "beam", dark: false, atMs: NOW } },
  { name: "tickEarly", input: { on: "tick" } },
];

const STATES: { readonly [name: string]: () => DeliveryRoom } = {
  idle: () => new DeliveryRoom(),
  idleDark: () => after(new DeliveryRoom(), (room) => room.edge(true, 11_900)),
  testLit: () =>
    after(new DeliveryRoom(), (room) => {
      room.edge(true, 11_900);
      room.nowMs = NOW;
      room.order({ delivery: "prepare", column: COLUMN, homeOnly: false });
    }),
  testOff: () =>
    after(new DeliveryRoom(), (room) => {
      room.nowMs = NOW;
      room.order({ delivery: "prepare", column: COLUMN, homeOnly: false });
    }),
  testOn: () =>
    after(new DeliveryRoom(), (room) => {
      room.nowMs = NOW - 2;
      room.order({ delivery: "prepare", column: COLUMN, homeOnly: false });
      room.edge(true, NOW - 1);
    }),
  prepared: () => DeliveryRoom.prepared(),
  turning: () => DeliveryRoom.turning(),
  turned: () => after(DeliveryRoom.turning(), (room) => room.leaves(10_100)),
  watching: () =>
    after(DeliveryRoom.turning(), (room) => {
      room.leaves(10_100);
      room.stops("home", 11_500);
    }),
  watchingDark: () =>
    after(DeliveryRoom.turning(), (room) => {
      room.leaves(10_100);
      room.stops("home", 11_500);
      room.edge(true, 11_900);
    }),
  closing: () =>
    after(DeliveryRoom.turning(), (room) => {
      room.leaves(10_100);
      room.edge(true, 11_000);
      room.edge(false, 11_050);
    }),
};

/** Next phase and what is done: m motor, x motorStop, e emitter, s the sale is told. */
const TABLE: { readonly [state: string]: string } = {
  idle: "selfTest:e prepared:s idle:s idle:s idle:s . idle idle . . . idle . .",
  idleDark: "selfTest prepared:s idle:s idle:s idle:s . idle idle . . . . idle:s .",
  testLit: "selfTest prepared:s idle:s idle:s idle:s . selfTest selfTest . . . . selfTest:se .",
  testOff: "selfTest:e prepared:es idle:es idle:es idle:es . selfTest selfTest . . . selfTest:e . .",
  testOn: "selfTest prepared:s idle:s idle:s idle:s . selfTest selfTest . . . . prepared:s .",
  prepared: "selfTest:e prepared:s turning:m idle:s idle:s . prepared prepared . . . prepared . .",
  turning: ". . . . . . turning:s turning watching watching . turning . .",
  turned: ". . . . . . . turning watching watching . turning . .",
  watching: ". . . . . . watching watching . . . watching . .",
  watchingDark: ". . . . . . watching watching . . . . idle:s .",
  closing: "closing closing . . . . . closing idle idle:s . closing . .",
};

function after(room: DeliveryRoom, change: (room: DeliveryRoom) => void): DeliveryRoom {
  change(room);
  return room;
}

function letterOf(effect: DeliveryEffect): string {
  return { motor: "m", motorStop: "x", emitter: "e", tellSale: "s" }[effect.do];
}

function cell(state: DeliveryState, input: DeliveryInput, nowMs: number): string {
  const step = stepDelivery(state, input, nowMs);
  if (!step.known) {
    assert.is(step.state, state);
    assert.equal(step.effects, []);
    return ".";
  }
  const letters = step.effects.map(letterOf).join("");
  return letters === "" ? step.state.phase.is : `${step.state.phase.is}:${letters}`;
}

for (const name in STATES) {
  test(`state ${name}`, () => {
    const room = STATES[name]?.();
    if (room === undefined) throw new Error(name);
    assert.ok(deliveryDueMs(room.state) > NOW);
    const cells = INPUTS.map(({ input }) => cell(room.state, input, NOW));
    assert.equal(cells, (TABLE[name] ?? "").split(" "), INPUTS.map((column) => column.name).join(" "));
  });
}

test.run();
