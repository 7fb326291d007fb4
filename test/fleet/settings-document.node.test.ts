/** Settings as the API says them, through the document a machine works by, and back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeItems, settingsDocument, shownSettings } from "../../fleet/commands/settings-document.js";
import { LANGUAGES } from "../../shared/panel-phrases.js";
import { decodeSettings, languageOf } from "../../shared/wire/documents.js";

const test = suite("fleet: settings document");
const EURO = { currency: "EUR", decimals: 2 } as const;
const PLAIN = { maxCredit: "10.00", coinMask: 7, billMask: 0 };

test("each language by its name, and none where none is wished", () => {
  for (const language of [...LANGUAGES, undefined]) {
    const wanted = language === undefined ? PLAIN : { ...PLAIN, language };
    const made = settingsDocument(2, wanted, codeItems("M-1", [{ who: 3, rights: 1, code: "2580" }]), EURO);
    assert.ok(made.ok);
    const settings = decodeSettings(made.bytes);
    assert.ok(settings !== undefined);
    assert.is(languageOf(settings), language ?? LANGUAGES[0]);
    assert.equal(shownSettings(settings), { ...wanted, serviceCodes: [{ who: 3, rights: 1 }] });
  }
});

test("what the machine cannot count in, or the currency not pay, is refused by name", () => {
  const strange = settingsDocument(2, PLAIN, [], { currency: "XXX", decimals: 2 });
  assert.equal(strange, { ok: false, why: "machines do not count in XXX" });
  const fine = settingsDocument(2, { ...PLAIN, maxCredit: "10.005" }, [], EURO);
  assert.equal(fine, { ok: false, why: "maxCredit is finer than EUR can be paid" });
});

test.run();
