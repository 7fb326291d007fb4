/** Readers that are pure functions: CBOR, envelopes between machine and fleet, records, documents, MQTT, EVA-DTS. */
import { encodePuback, encodePublish, MAX_INCOMING_BYTES, takePacket } from "../../firmware/io/net/mqtt-codec.js";
import { type CborValue, decodeCbor, encodeCbor } from "../../shared/cbor.js";
import { MAX_REPORT_CHARACTERS, parseReport, writeReport } from "../../shared/eva-dts/text.js";
import type { FieldSpec, Layout } from "../../shared/layout.js";
import { decodeBody } from "../../shared/records/codec.js";
import { RECORDS, STAMP } from "../../shared/records/kinds.js";
import { parseVoucherCode, plainVoucherCode } from "../../shared/voucher.js";
import {
  decodePlanogram,
  decodePutDocument,
  decodeSettings,
  encodePlanogram,
  encodePutDocument,
  encodeSettings,
  MAX_DOCUMENT_BYTES,
} from "../../shared/wire/documents.js";
import {
  decodeAck,
  decodeAsk,
  decodeAudit,
  decodeBatch,
  decodeOrder,
  decodeStatus,
  encodeAck,
  encodeAsk,
  encodeAudit,
  encodeBatch,
  encodeOrder,
  encodeStatus,
  MAX_MESSAGE_BYTES,
  type WireResult,
} from "../../shared/wire/messages.js";
import { decodeSync, decodeSyncAnswer, encodeSync, encodeSyncAnswer, MAX_SYNC_BYTES } from "../../shared/wire/sync.js";
import { encodeReport, type HeldBase, readReport, wholeReport } from "../../shared/wire/telemetry.js";
import { parseTopic } from "../../shared/wire/topics.js";
import { doorAnswers } from "./answers.js";
import { importFiles } from "./imports.js";
import { mustEqual, type Target } from "./target.js";

const NO_BYTES = new Uint8Array(0);
const SAMPLES: Readonly<Record<string, CborValue>> = Object.freeze({
  uint: 7,
  int: -7,
  bool: true,
  text: "B4",
  bytes: Uint8Array.of(1, 2, 3),
  uints: [3, 4],
  items: [1, "x"],
});

function sampleOf([, type]: FieldSpec): CborValue {
  return SAMPLES[type.replace("?", "")] ?? 0;
}

/** A body of every kind of record, every field in it. Its code comes first, as in no other place. */
function recordBodies(): Uint8Array[] {
  return Object.values(RECORDS).map(({ code, fields }) => {
    const layout: Layout = { ...STAMP, ...fields };
    const body: CborValue[] = [];
    for (const spec of Object.values(layout)) body[spec[0]] = sampleOf(spec);
    const whole = Array.from(body, (value) => value ?? null);
    return Uint8Array.of(code, ...encodeCbor(whole));
  });
}

const TELEMETRY_REPORT = encodeReport(
  wholeReport({
    epoch: 1,
    seq: 40,
    boot: 2,
    uptimeS: 3_600,
    state: "IDLE",
    creditMinor: 0,
    planogramVersion: 3,
    inventory: Uint8Array.of(3, 4, 5),
    faults: [3],
    revenueMinor: 17_500,
    vends: 100,
    unackedRecords: 1,
    clockQuality: 2,
    base: 1,
  }),
);

/** A batch, another one, an ack, a birth, a report. */
export function envelopes(): Uint8Array[] {
  const records = recordBodies().map((bytes) => ({ code: bytes[0] ?? 0, body: bytes.subarray(1) }));
  const about = { epoch: 1, boot: 2, connection: 3, firmware: "1.0.0", model: "SPIRAL-40" };
  return [
    encodeBatch({ epoch: 1, firstSeq: 1, chain: 0x1234_5678, records: records.slice(0, 8) }),
    encodeBatch({ epoch: 1, firstSeq: 9, chain: 0, records: records.slice(8, 9) }),
    encodeAck({ epoch: 1, mark: 9, incarnation: 1, waitMs: 500 }),
    encodeStatus({ online: true, ...about, oldestSeq: 1, newestSeq: 9, orderCounter: 0, nonce: 77 }),
    TELEMETRY_REPORT,
  ];
}

/** What was read, written and read again is the same. */
function twice<T>(read: (bytes: Uint8Array) => WireResult<T>, write: (message: T) => Uint8Array, bytes: Uint8Array) {
  const first = read(bytes);
  if (!first.ok) return;
  const again = read(write(first.message));
  mustEqual(again, first, "read again");
}

function readEnvelopes(bytes: Uint8Array): void {
  twice(decodeBatch, encodeBatch, bytes);
  twice(decodeAck, encodeAck, bytes);
  twice(decodeStatus, encodeStatus, bytes);
  twice(decodeOrder, encodeOrder, bytes);
  twice(decodeAsk, encodeAsk, bytes);
  twice(decodeAudit, encodeAudit, bytes);
}

/** What goes by HTTP: the envelopes in one, and what is answered. */
function readSyncs(bytes: Uint8Array): void {
  twice(decodeSync, encodeSync, bytes);
  twice(decodeSyncAnswer, encodeSyncAnswer, bytes);
}

/** A change of telemetry is read against a base that is held, or against none. */
function readReports(bytes: Uint8Array): void {
  const base = readReport(undefined, TELEMETRY_REPORT);
  const held: HeldBase | undefined = base.is === "read" ? base.held : undefined;
  readReport(undefined, bytes);
  readReport(held, bytes);
}

function readDocuments(bytes: Uint8Array): void {
  const planogram = decodePlanogram(bytes);
  if (planogram !== undefined) mustEqual(decodePlanogram(encodePlanogram(planogram)), planogram, "planogram");
  const settings = decodeSettings(bytes);
  if (settings !== undefined) mustEqual(decodeSettings(encodeSettings(settings)), settings, "settings");
  const put = decodePutDocument(bytes);
  if (put !== undefined) mustEqual(decodePutDocument(encodePutDocument(put)), put, "putDocument");
}

/** A stream as a broker would send it: packet after packet until it is cut or wrong. */
function readPackets(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = takePacket(bytes.subarray(at));
    if (taken.kind !== "packet") return;
    if (taken.usedBytes < 2) throw new Error("a packet of less than two bytes");
    at += taken.usedBytes;
  }
}

const LATIN = new TextDecoder("latin1");
const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0) & 0xff);

function readTexts(bytes: Uint8Array): void {
  const value = LATIN.decode(bytes);
  parseTopic(value);
  plainVoucherCode(value);
  parseVoucherCode(value);
  const report = parseReport(value);
  if (report.ok) mustEqual(parseReport(writeReport(report.report)), report, "EVA-DTS report");
}

function readCbor(bytes: Uint8Array): void {
  const result = decodeCbor(bytes);
  if (!result.ok) return;
  mustEqual([...encodeCbor(result.value, bytes.length)], [...bytes], "CBOR is deterministic");
}

function readRecord(bytes: Uint8Array): void {
  decodeBody(bytes[0] ?? 0, 1, bytes.subarray(1));
}

function syncs(): Target {
  const [batch = NO_BYTES, , ack = NO_BYTES, birth = NO_BYTES] = envelopes();
  return {
    name: "syncs",
    about: "what a machine and the fleet send each other by HTTP",
    corpus: [
      encodeSync({ events: batch, status: birth, telemetry: TELEMETRY_REPORT }),
      encodeSync({ audit: batch }),
      encodeSyncAnswer({ acks: [ack], commands: [] }),
      encodeSyncAnswer({ acks: [], commands: [batch, ack] }),
    ],
    maxBytes: MAX_SYNC_BYTES,
    run: readSyncs,
  };
}

/** Every reader that needs nothing but bytes. */
export function pureReaders(): readonly Target[] {
  const records = recordBodies();
  const slots = [{ slot: "A1", column: 0, productId: 7, name: "Cola", priceMinor: 150, quantity: 4, capacity: 8 }];
  const topics = ["fleet/API-1/events", "fleet/API-1/status"];
  const packets = topics.map((topic, at) =>
    encodePublish({ topic, payload: TELEMETRY_REPORT, qos: at === 0 ? 0 : 1, retain: at === 1, dup: false, id: at }),
  );
  const connack = Uint8Array.of(0x20, 2, 0, 0);
  const reports = ["DXS*SPI0000001*VA*V0/6*1\r\nST*001*0001\r\nG85*0000\r\nSE*3*0001\r\nDXE*1*1\r\n", "1234-5678-9012"];
  return [
    {
      name: "cbor",
      about: "the decoder under every message and record",
      corpus: [...records.map((bytes) => bytes.subarray(1)), ...envelopes()],
      maxBytes: MAX_MESSAGE_BYTES,
      run: readCbor,
    },
    {
      name: "envelopes",
      about: "batches, acks, births, orders: what machine and fleet send each other",
      corpus: envelopes(),
      maxBytes: MAX_MESSAGE_BYTES,
      run: readEnvelopes,
    },
    syncs(),
    {
      name: "telemetry",
      about: "whole reports and changes",
      corpus: [TELEMETRY_REPORT, Uint8Array.of(0xa5, 0, 2, 1, 1, 3, 2, 4, 1, 5, 9)],
      maxBytes: MAX_MESSAGE_BYTES,
      run: readReports,
    },
    { name: "records", about: "bodies of ledger records", corpus: records, maxBytes: 256, run: readRecord },
    {
      name: "documents",
      about: "planogram and settings, as an order carries them",
      corpus: [
        encodePlanogram({ version: 3, slots }),
        encodePutDocument({ doc: 0, bytes: encodePlanogram({ version: 3, slots }) }),
      ],
      maxBytes: MAX_DOCUMENT_BYTES,
      run: readDocuments,
    },
    {
      name: "mqtt",
      about: "what a broker sends to a board",
      corpus: [connack, encodePuback(7), Uint8Array.of(0x90, 3, 0, 1, 1), Uint8Array.of(0xd0, 0), ...packets],
      maxBytes: MAX_INCOMING_BYTES,
      run: readPackets,
    },
    {
      name: "texts",
      about: "topics, voucher codes, EVA-DTS reports",
      corpus: [...topics, ...reports].map(text),
      maxBytes: MAX_REPORT_CHARACTERS,
      run: readTexts,
    },
    doorAnswers(),
    importFiles(),
  ].map((target) => ({ ...target, corpus: [NO_BYTES, ...target.corpus] }));
}
