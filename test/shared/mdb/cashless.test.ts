/** The card reader's tables: parse, build and mirror of every vector, chained and cut replies, and a garbage run. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CASHLESS,
  CASHLESS_DIALECTS,
  CASHLESS_ERRORS,
  CASHLESS_STATES,
  type CashlessTable,
  cashlessError,
  cashlessTable,
  decodeCashless,
  dialectOf,
  encodeCashless,
} from "../../../shared/mdb/cashless.js";
import { decodeCommand, decodeCommandOf, encodeCommand } from "../../../shared/mdb/codec.js";
import type { DeviceTable } from "../../../shared/mdb/device.js";
import { isHeld } from "../../../shared/mdb/held.js";
import type { FieldRecord } from "../../../shared/mdb/layout.js";
import { bytesOf, hexOf } from "../../vectors/mdb.js";
import { CASHLESS_COMMANDS, CASHLESS_REPLIES } from "../../vectors/mdb-cashless.js";

const test = suite("shared/mdb cashless");

const DISPLAY = 32;

// the vectors name commands and messages as data, so the codec is used here through its untyped shape
const build: (device: DeviceTable, command: string, fields: FieldRecord) => Uint8Array = encodeCommand;
const buildReply: (table: CashlessTable, messages: never) => Uint8Array = encodeCashless;

function at(reader: number, hex: string): Uint8Array {
  const bytes = bytesOf(hex);
  bytes[0] = (bytes[0] ?? 0) + (reader === 1 ? 0x50 : 0);
  return bytes;
}

for (const { dialect, command, hex, fields } of CASHLESS_COMMANDS) {
  test(`command ${dialect} ${command} ${hex}`, () => {
    for (const reader of [0, 1]) {
      const table = cashlessTable(reader, dialect);
      assert.is(hexOf(build(table, command, fields)), hexOf(at(reader, hex)));
      const decoded = { ok: true, device: table.name, command, fields };
      assert.equal(decodeCommandOf(table, at(reader, hex)), decoded);
      if (dialect !== "expanded") assert.equal(decodeCommand(at(reader, hex)), decoded);
    }
  });
}

for (const { dialect, hex, messages } of CASHLESS_REPLIES) {
  test(`reply ${dialect} ${hex}`, () => {
    for (const reader of [0, 1]) {
      const table = cashlessTable(reader, dialect);
      assert.equal(decodeCashless(table, DISPLAY, bytesOf(hex)), { messages, unknown: [], missing: 0 });
      assert.is(hexOf(buildReply(table, messages as never)), hex);
      assert.not(isHeld(at(reader, "12"), bytesOf(hex)), "a reader repeats nothing that is money");
    }
  });
}

test("the vectors name every command and every message", () => {
  for (const dialect of CASHLESS_DIALECTS) {
    const table = cashlessTable(0, dialect);
    for (const { name } of table.commands)
      assert.ok(
        CASHLESS_COMMANDS.some(({ command }) => command === name),
        name,
      );
    for (const row of table.events) {
      const named = CASHLESS_REPLIES.some(({ messages }) => messages.some(({ event }) => event === row.event));
      assert.ok(named, row.event);
    }
  }
});

function eventsOf(reply: { readonly messages: readonly { readonly event: string }[] }): string[] {
  return reply.messages.map(({ event }) => event);
}

test("an unknown code is skipped and counted, and swallows nothing", () => {
  const necta = decodeCashless(cashlessTable(0, "level1"), DISPLAY, bytesOf("03 4E 20 FF"));
  assert.equal(necta, { messages: [{ event: "beginSession", funds: 20_000 }], unknown: [0xff], missing: 0 });
  const noise = decodeCashless(cashlessTable(0, "level1"), DISPLAY, bytesOf("2C 0C 05 00 1E 99 04"));
  assert.equal(eventsOf(noise), ["vendApproved", "sessionCancelRequest"]);
  assert.equal(noise.unknown, [0x2c, 0x0c, 0x99]);
});

test("a message cut short is read, and told so", () => {
  const table = cashlessTable(0, "level2");
  assert.equal(decodeCashless(table, DISPLAY, bytesOf("05 00")).missing, 1);
  assert.equal(decodeCashless(table, DISPLAY, bytesOf("06 0B")), {
    messages: [{ event: "vendDenied" }, { event: "outOfSequence", state: 0 }],
    unknown: [],
    missing: 1,
  });
  const session = decodeCashless(table, DISPLAY, bytesOf("03 4E 20"));
  assert.equal([eventsOf(session), session.missing], [["beginSession"], 7]);
});

test("text for the display ends where the display ends", () => {
  const table = cashlessTable(0, "level1");
  const chained = decodeCashless(table, 4, bytesOf("02 0A 53 54 4F 50 04"));
  assert.equal(eventsOf(chained), ["displayRequest", "sessionCancelRequest"]);
  assert.is(chained.messages[0]?.event === "displayRequest" && chained.messages[0].text, "STOP");
  const short = decodeCashless(table, 32, bytesOf("02 0A 53 54"));
  assert.is(short.messages[0]?.event === "displayRequest" && short.messages[0].text, "ST");
});

test("the dialect follows the lower level and the options", () => {
  assert.is(dialectOf(1, 3, 0), "level1");
  assert.is(dialectOf(0, 3, 0), "level1");
  assert.is(dialectOf(2, 3, 0x06), "level2");
  assert.is(dialectOf(3, 2, 0x06), "level2");
  assert.is(dialectOf(3, 3, 0x38), "level3");
  assert.is(dialectOf(3, 3, 0x02), "expanded");
  assert.is(dialectOf(9, 3, 0x04), "expanded");
});

test("states and errors by number", () => {
  assert.equal([CASHLESS_STATES.length, CASHLESS_STATES[4]], [7, "vend"]);
  CASHLESS_ERRORS.forEach(({ nibble }, index) => {
    assert.is(nibble, index);
  });
  assert.is(cashlessError(0xc3)?.kind, "refund");
  assert.is(cashlessError(0x13)?.kind, "customer");
  assert.is(cashlessError(0xd0), undefined);
});

test("types are inferred from the tables", () => {
  const { level1, expanded } = CASHLESS[0];
  assert.is(encodeCommand(expanded, "cashSale", { price: 1, item: 2, country: 0x1840 }).length, 10);
  // @ts-expect-error 16-bit money has no currency in a cash sale: it is left out
  assert.is(encodeCommand(level1, "cashSale", { price: 1, item: 2, country: 0x1840 }).length, 6);
  // @ts-expect-error a level 1 reader has no media id
  const long = encodeCashless(level1, [{ event: "beginSession", funds: 1, mediaId: 2 }]);
  assert.is(long.length, 3);
  assert.throws(() => encodeCommand(level1, "vendRequest", { price: 65_536, item: 0 }), RangeError);
  const text = { event: "displayRequest", time: 1, text: "X".repeat(34) } as const;
  assert.throws(() => encodeCashless(level1, [text]), RangeError);
});

test("garbage never throws", () => {
  let x = 20_110_202;
  const next = () => {
    x = (x * 48_271) % 2_147_483_647;
    return x;
  };
  for (let round = 0; round < 2_000; round += 1) {
    const block = Uint8Array.from({ length: next() % 37 }, () => (round % 2 === 0 ? next() % 20 : next() & 0xff));
    for (const dialect of CASHLESS_DIALECTS) {
      const { messages, unknown, missing } = decodeCashless(cashlessTable(round & 1, dialect), next() % 33, block);
      assert.ok(messages.length + unknown.length <= block.length);
      assert.ok(missing >= 0 && (missing === 0 || messages.length > 0));
    }
  }
});

test.run();
