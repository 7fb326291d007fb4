/** What the manifest starts on the touch board: customers choose on its screen. */
import Digital from "embedded:io/digital";
import type { PanelView } from "../../shared/panel-view.js";
import { TOUCH } from "../io/boards/touch.js";
import { openApplication, openPiuScreen } from "../io/screen/piu-screen.js";
import type { PanelPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import { startBoard } from "./start.js";

/** Pixels of the display, upright. */
const WIDTH_PX = 240;
const HEIGHT_PX = 320;

function openPanel(deliver: (input: WorldInput) => void): PanelPort<PanelView> {
  const { backlight } = TOUCH.pins;
  if (backlight !== undefined) new Digital({ pin: backlight.pin, mode: Digital.Output }).write(1);
  const area = { x: 0, y: 0, w: WIDTH_PX, h: HEIGHT_PX };
  return openPiuScreen(openApplication(), { ...area, language: "en", deliver }).panel;
}

startBoard({ map: TOUCH, openPanel });
