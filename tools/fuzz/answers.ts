/** What the fleet answers a board that claims itself or renews its certificate: JSON with certificates in PEM. */

import { parseCertificate } from "../../firmware/io/net/certificate.js";
import { judgeClaim } from "../../firmware/io/net/claim-answer.js";
import { GRANTED, MAX_ANSWER_BYTES, REFUSED } from "../../firmware/io/net/door.js";
import { judgeRenewal } from "../../firmware/io/net/renewal-answer.js";
import { toBase64 } from "../../shared/base64.js";
import {
  AUTHORITY,
  MACHINE_ID,
  NEXT,
  NEXT_AUTHORITY,
  NEXT_FROM_S,
  OWN,
  OWN_FROM_S,
} from "../../test/firmware/io/net/renewal-certificates.js";
import type { Target } from "./target.js";

const KEY_HEX = "00".repeat(32);

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`;
}

function jsonOf(answer: unknown): Uint8Array {
  return Uint8Array.from(JSON.stringify(answer), (letter) => letter.charCodeAt(0));
}

/** Every answer that is granted is one whose parts the board has judged; of the others only that they are refused. */
export function doorAnswers(): Target {
  const own = parseCertificate(OWN);
  if (!own.ok) throw new Error("the samples' certificate cannot be read");
  const { modulus, fromS, toS } = own.certificate;
  const renewed = { serial: MACHINE_ID, certificate: pemOf(NEXT), authorities: [pemOf(NEXT_AUTHORITY)] };
  const claimed = { serial: MACHINE_ID, certificate: pemOf(OWN), authorities: [pemOf(AUTHORITY)] };
  const broker = { host: "broker.example", port: 8_883 };
  const held = { certificate: OWN, authorities: AUTHORITY, fromS, toS };
  return {
    name: "door-answers",
    about: "what the fleet's door answers a board that claims itself or renews its certificate",
    corpus: [
      jsonOf({ ...claimed, epoch: 1, broker, keys: { voucher: KEY_HEX, order: KEY_HEX } }),
      jsonOf(renewed),
      jsonOf({ code: "claim-refused", detail: "used" }),
    ],
    maxBytes: MAX_ANSWER_BYTES,
    run: (body) => {
      const trust = { machineId: MACHINE_ID, modulus, now: { wallS: OWN_FROM_S + 1, synced: true } };
      for (const status of [GRANTED, REFUSED]) {
        const verdict = judgeClaim({ status, body }, trust);
        if (verdict.ok && status !== GRANTED) throw new Error("an identity by an answer that refuses");
      }
      const now = { wallS: NEXT_FROM_S + 1, synced: true };
      const renewal = judgeRenewal(body, { machineId: MACHINE_ID, own: held, now });
      if (renewal.ok && renewal.next.toS <= toS) throw new Error("renewed by a certificate that ends no later");
    },
  };
}
