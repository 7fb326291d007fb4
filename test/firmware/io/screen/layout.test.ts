/** Pictures of every view on every size of screen, in both languages: in bounds, legible, large enough to touch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Scenery } from "../../../../firmware/io/screen/frame.js";
import { TARGET_PX } from "../../../../firmware/io/screen/grid.js";
import { pictureOf } from "../../../../firmware/io/screen/layout.js";
import { FONTS, PAIRS } from "../../../../firmware/io/screen/looks.js";
import { type Plate, plateAt } from "../../../../firmware/io/screen/plates.js";
import { meets } from "../../../../firmware/io/screen/redraw.js";
import type { ScreenSize } from "../../../../firmware/io/screen/screen.js";
import { onView, openingState, type ScreenState } from "../../../../firmware/io/screen/state.js";
import { digitsView } from "../../../../firmware/panel/view.js";
import { LANGUAGES, type Language } from "../../../../shared/panel-phrases.js";
import type { PanelView } from "../../../../shared/panel-view.js";
import { Room } from "../../panel/menu-room.js";
import { measure, PRODUCTS, product, SIZES, VIEWS, view } from "./glass.js";

const test = suite("touch screen: layout");

function scenery(shown: PanelView, { width, height }: ScreenSize, more: Partial<ScreenState> = {}): Scenery {
  const state = { ...onView(openingState("en"), undefined, shown), ...more };
  return { view: shown, state, width, height, measure };
}

/** The technician's menu, on each of its screens, and what a card reader asks for. */
function menuViews(language: Language): PanelView[] {
  const walks = [
    "",
    "2580#",
    "2580#1",
    "2580#2",
    "2580#21#",
    "2580#3",
    "2580#4",
    "2580#4B4#",
    "2580#6B4#",
    "2580#7B4#",
  ];
  const lists = ["2580#8", "2580#9", "2580#0", "2580#5", "2580#A", "2580#B", "25"];
  const menus = [...walks, ...lists].map((keys) => {
    const room = new Room();
    room.language = language;
    room.press(`#${keys}`);
    return { ...view({ state: "OUT_OF_SERVICE", outCause: "doorOpen" }), menu: room.view };
  });
  return [...menus, { ...view({}), menu: digitsView(8, 8, "PLEASE TYPE YOURPERSONAL NUMBER!", language) }];
}

function eachPicture(check: (plates: Plate[], size: ScreenSize, what: string) => void): void {
  for (const size of SIZES) {
    for (const language of LANGUAGES) {
      for (const shown of [...VIEWS, ...menuViews(language)]) {
        for (const keypad of [false, true]) {
          for (const page of [0, 1, 7]) {
            const plates = pictureOf(scenery(shown, size, { language, keypad, page }));
            check(plates, size, `${size.width}x${size.height} ${language} ${shown.menu?.title ?? shown.headline}`);
          }
        }
      }
    }
  }
}

test("every plate lies on the screen, under a name of its own", () => {
  eachPicture((plates, { width, height }, what) => {
    assert.is(new Set(plates.map(({ id }) => id)).size, plates.length, what);
    for (const { id, x, y, w, h } of plates) {
      const inside = x >= 0 && y >= 0 && w >= 0 && h >= 0 && x + w <= width && y + h <= height;
      assert.ok(inside, `${what}: ${id} at ${x},${y} ${w}x${h}`);
    }
  });
});

test("all that can be touched is at least 48 px each way, and no two of it overlap", () => {
  eachPicture((plates, _size, what) => {
    const targets = plates.filter(({ press }) => press !== undefined);
    for (const [i, plate] of targets.entries()) {
      assert.ok(plate.w >= TARGET_PX && plate.h >= TARGET_PX, `${what}: ${plate.id} is ${plate.w}x${plate.h}`);
      assert.is(targets.slice(i + 1).find((other) => meets(plate, other))?.id, undefined, `${what}: ${plate.id}`);
      assert.is(plateAt(plates, plate.x + plate.w - 1, plate.y + plate.h - 1), plate);
    }
  });
});

test("words lie in their plate, in colours of enough contrast, and on no other words", () => {
  eachPicture((plates, _size, what) => {
    for (const { id, fill, words, x, y, w, h } of plates) {
      for (const line of words) {
        const where = `${what}: "${line.text}" in ${id}`;
        assert.ok(line.x >= x && line.x + line.w <= x + w + line.x - x, where);
        assert.ok(line.y >= y - 2 && line.y + FONTS[line.font].lineHeightPx <= y + h + 6, where);
        assert.ok(
          PAIRS.some(([ink, on]) => ink === line.color && on === fill),
          `${where}: ${line.color} on ${fill}`,
        );
      }
    }
  });
});

test("buttons of the foot and keys say all of what they say", () => {
  eachPicture((plates, _size, what) => {
    for (const { id, press, words } of plates) {
      if (press === undefined || id.startsWith("slot-")) continue;
      for (const { text, font, w } of words) assert.ok(measure(text, font) <= w + 12, `${what}: ${id} "${text}"`);
    }
  });
});

test("a tile tells name, price, slot; one that is sold out or closed says so in place of the price", () => {
  for (const size of SIZES) {
    const plates = pictureOf(scenery(view(), size));
    const said = (slot: string): string[] =>
      plates.find(({ id }) => id === `slot-${slot}`)?.words.map(({ text }) => text) ?? [];
    assert.is(said("A1").join(" "), "Potato chips A1 $1.75");
    assert.ok(said("A2").includes("Sold out") && !said("A2").includes("$1.75"));
    assert.ok(said("A3").includes("Closed"));
    const german = pictureOf(scenery(view(), size, { language: "de" }));
    assert.ok(german.some(({ words }) => words.some(({ text }) => text === "Ausverkauft")));
  }
});

test("what does not fit on one page is on the next ones, each product once", () => {
  const many = Array.from({ length: 60 }, (_, i) =>
    product(`${String.fromCharCode(65 + Math.floor(i / 10))}${i % 10}`),
  );
  for (const size of SIZES) {
    const shown = view({ products: many });
    const seen: string[] = [];
    let pages = 0;
    for (let page = 0; page < many.length; page++) {
      const plates = pictureOf(scenery(shown, size, { page }));
      const next = plates.find(({ id }) => id === "page-behind")?.press;
      const slots = plates.filter(({ id }) => id.startsWith("slot-")).map(({ id }) => id.slice(5));
      seen.push(...slots);
      pages += 1;
      if (next?.do !== "page" || next.page === 0) break;
    }
    assert.equal(
      seen,
      many.map(({ slot }) => slot),
    );
    assert.ok(pages > 1);
  }
});

test("the demo machine's ten products fit on one page of 480 x 320", () => {
  const plates = pictureOf(scenery(view(), { width: 480, height: 320 }));
  assert.is(plates.filter(({ id }) => id.startsWith("slot-")).length, PRODUCTS.length);
  assert.is(
    plates.some(({ id }) => id === "page-behind"),
    false,
  );
});

test("money inside: a button to get it back; a card shown: one to put it there", () => {
  const size = { width: 240, height: 320 };
  const pressOf = (shown: PanelView, id: string) =>
    pictureOf(scenery(shown, size)).find((plate) => plate.id === id)?.press;
  assert.is(pressOf(view(), "cancel"), undefined);
  const paid = view({ state: "ACCEPTING_PAYMENT", creditMinor: 125, topUp: true });
  assert.equal(pressOf(paid, "cancel"), { do: "input", input: { on: "cancel" } });
  assert.equal(pressOf(paid, "to-card"), { do: "input", input: { on: "revalue" } });
  const chosen = view({ state: "PRODUCT_SELECTED", slot: "B4", priceMinor: 175 });
  assert.equal(pressOf(chosen, "cancel"), { do: "input", input: { on: "cancel" } });
});

test("while paying: price, credit, what remains, and the exact-change lamp", () => {
  const paying = { state: "ACCEPTING_PAYMENT", slot: "B4", priceMinor: 175, creditMinor: 100 } as const;
  const shown = view({ ...paying, exactChangeOnly: true, pay: "cash" });
  for (const size of SIZES) {
    const said = pictureOf(scenery(shown, size)).flatMap(({ words }) => words.map(({ text }) => text));
    assert.ok(said.includes("$1.75") && said.includes("$1.00"), said.join());
    assert.ok(said.join(" ").includes("$0.75 remaining"), said.join());
    assert.ok(said.includes("Exact change"));
    const german = pictureOf(scenery(shown, size, { language: "de" })).flatMap(({ words }) =>
      words.map(({ text }) => text),
    );
    assert.ok(german.join(" ").includes("Noch $0.75"), german.join());
  }
});

test("a code is shown to be scanned and to be typed", () => {
  const voucher = VIEWS.find(({ code }) => code?.kind === "voucher");
  if (voucher === undefined) throw new Error("no voucher among the views");
  for (const size of SIZES) {
    const plates = pictureOf(scenery(voucher, size));
    const qr = plates.find((plate) => plate.qr !== undefined);
    assert.is(qr?.qr, voucher.code?.qr);
    assert.ok((qr?.w ?? 0) >= 2 * 41, `${size.width}x${size.height}: two pixels a module at least`);
    const said = plates.flatMap(({ words }) => words.map(({ text }) => text)).join(" ");
    assert.ok(said.includes("ABCD-EFGHJ-KMNPQ"), said);
    assert.ok(said.includes("Voucher $12.75"), said);
  }
});

test("out of service says why", () => {
  const shown = view({ state: "OUT_OF_SERVICE", outCause: "beamBlind" });
  const said = pictureOf(scenery(shown, { width: 240, height: 320 })).flatMap(({ words }) =>
    words.map(({ text }) => text),
  );
  assert.equal(said.filter((text) => text.length > 2).join(" "), "Out of service Its drop sensor is covered");
});

test("digits that a card reader asks for are typed, ended and given up by touch", () => {
  const shown = { ...view({}), menu: digitsView(4, 2, undefined, "en") };
  for (const size of SIZES) {
    const keys = pictureOf(scenery(shown, size)).flatMap(({ press }) =>
      press?.do === "input" && press.input.on === "key" ? press.input.key : [],
    );
    assert.equal(keys.sort().join(""), "#*0123456789", `${size.width}x${size.height}`);
  }
});

test("behind an open door the menu is opened and walked by touch alone", () => {
  const size = { width: 240, height: 320 };
  const room = new Room();
  const shown = (): PanelView => ({ ...view({ state: "OUT_OF_SERVICE", outCause: "doorOpen" }), menu: room.view });
  const touch = (id: string): void => {
    for (let page = 0; page < 4; page++) {
      const press = pictureOf(scenery(shown(), size, { page })).find((plate) => plate.id === id)?.press;
      if (press?.do !== "input" || press.input.on !== "key") continue;
      room.press(press.input.key);
      return;
    }
    throw new Error(`nothing to touch for ${id} in ${shown().menu?.title ?? "no menu"}`);
  };
  touch("service");
  for (const key of "2580") touch(`key-${key}`);
  touch("do-#");
  assert.is(room.title, "Service menu");
  touch("item-7");
  for (const key of "B4") touch(`key-${key}`);
  touch("do-#");
  for (const key of "150") touch(`key-${key}`);
  touch("do-#");
  assert.is(room.title, "B4: price set");
  touch("do-#");
  touch("item-A");
  touch("do-#");
  touch("do-*");
  assert.is(room.view, undefined);
});

test.run();
