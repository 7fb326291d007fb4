/** Piece by piece the glass shows the same as drawn at once, and no piece is too large. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { darkPicture, pictureOf } from "../../../../firmware/io/screen/layout.js";
import type { Area, Plate } from "../../../../firmware/io/screen/plates.js";
import {
  changedAreas,
  MAX_STEP_AREAS,
  MAX_STEP_PX,
  MAX_WAITING,
  nextStep,
  withAreas,
} from "../../../../firmware/io/screen/redraw.js";
import { onView, openingState } from "../../../../firmware/io/screen/state.js";
import { Glass, measure, SIZES, VIEWS } from "./glass.js";

const test = suite("touch screen: redraw");

test("from each view to each other, in steps, the glass becomes the same as drawn at once", () => {
  const size = { width: 240, height: 320 };
  const pictures = VIEWS.map((view) => {
    const state = onView(openingState("de"), undefined, view);
    return pictureOf({ view, state, ...size, measure });
  });
  const whole = { x: 0, y: 0, w: size.width, h: size.height };
  const atOnce = pictures.map((plates) => {
    const glass = new Glass(size);
    glass.draw(plates, whole);
    return glass.picture;
  });
  let before: readonly Plate[] = darkPicture(size.width, size.height);
  const glass = new Glass(size);
  glass.draw(before, whole);
  for (let i = 0; i < pictures.length * 3; i++) {
    const to = (i * 7) % pictures.length;
    const plates = pictures[to] ?? [];
    let waiting: readonly Area[] = withAreas([], changedAreas(before, plates));
    while (waiting.length > 0) {
      const { draw, rest } = nextStep(waiting);
      for (const area of draw)
        glass.draw(
          plates.filter((plate) => touches(plate, area)),
          area,
        );
      waiting = rest;
    }
    assert.ok(glass.picture === atOnce[to], `view ${to}`);
    before = plates;
  }
});

function touches(a: Area, b: Area): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test("a step never has more pixels or pieces than its limits, and nothing is lost or drawn twice", () => {
  for (const { width, height } of SIZES) {
    let waiting: readonly Area[] = [{ x: 0, y: 0, w: width, h: height }];
    let drawnPx = 0;
    let steps = 0;
    while (waiting.length > 0) {
      const { draw, rest } = nextStep(waiting);
      const px = draw.reduce((sum, { w, h }) => sum + w * h, 0);
      assert.ok(px <= MAX_STEP_PX && px > 0);
      drawnPx += px;
      steps += 1;
      waiting = rest;
    }
    assert.is(drawnPx, width * height);
    assert.ok(steps <= Math.ceil((width * height) / MAX_STEP_PX) + 1, `${steps} steps`);
  }
  const small = Array.from({ length: 10 }, (_, i) => ({ x: 0, y: 20 * i, w: 10, h: 10 }));
  const first = nextStep(small);
  assert.is(first.draw.length, MAX_STEP_AREAS);
  assert.is(first.rest.length, 10 - MAX_STEP_AREAS);
});

test("a row wider than a step is drawn all the same", () => {
  const { draw, rest } = nextStep([{ x: 0, y: 0, w: MAX_STEP_PX + 1, h: 2 }]);
  assert.equal(draw, [{ x: 0, y: 0, w: MAX_STEP_PX + 1, h: 1 }]);
  assert.equal(rest, [{ x: 0, y: 1, w: MAX_STEP_PX + 1, h: 1 }]);
});

test("what lies in a piece that waits already is not drawn twice; too many pieces become one", () => {
  const large = { x: 0, y: 0, w: 100, h: 100 };
  assert.equal(withAreas([large], [{ x: 5, y: 5, w: 10, h: 10 }]), [large]);
  assert.equal(withAreas([{ x: 5, y: 5, w: 10, h: 10 }], [large]), [large]);
  const many = Array.from({ length: MAX_WAITING + 1 }, (_, i) => ({ x: 2 * i, y: 0, w: 1, h: 1 }));
  assert.is(withAreas([], many.slice(1)).length, MAX_WAITING);
  assert.equal(withAreas([], many), [{ x: 0, y: 0, w: 2 * MAX_WAITING + 1, h: 1 }]);
});

test("only what changed is drawn: the lamp and the line that tells it are two plates", () => {
  const size = { width: 240, height: 320 };
  const [a, b] = [VIEWS[0], VIEWS[1]];
  if (a === undefined || b === undefined) throw new Error("two views are needed");
  const plates = (view: typeof a): Plate[] => {
    return pictureOf({ view, state: onView(openingState("en"), undefined, view), ...size, measure });
  };
  const areas = changedAreas(plates(a), plates(b));
  const px = areas.reduce((sum, { w, h }) => sum + w * h, 0);
  assert.ok(areas.length <= 2 && px < (size.width * size.height) / 3, `${areas.length} areas, ${px} px`);
  assert.equal(changedAreas(plates(a), plates(a)), []);
});

test.run();
