/** What the manifest starts on the touch board: customers choose on its screen. */
import Digital from "embedded:io/digital";
import type { PanelView } from "../../shared/panel-view.js";
import type { ScreenUse } from "../io/boards/pin-map.js";
import { TOUCH } from "../io/boards/touch.js";
import { openApplication, openPiuScreen } from "../io/screen/piu-screen.js";
import type { PanelPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import { startBoard } from "./start.js";

function openPanel(deliver: (input: WorldInput) => void): PanelPort<PanelView> {
  const { pins, levels, screen } = TOUCH;
  const { backlight } = pins;
  const { backlightOn } = levels;
  if (backlight !== undefined && backlightOn !== undefined) {
    new Digital({ pin: backlight.pin, mode: Digital.Output }).write(backlightOn);
  }
  const area = { x: 0, y: 0, w: screen?.width ?? 0, h: screen?.height ?? 0 };
  return openPiuScreen(openApplication(), { ...area, language: "en", deliver }).panel;
}

/** The SDK's own start has made it of the configuration's class, before anything of ours runs. */
function screenSize(): ScreenUse | undefined {
  const { width, height } = Object(Reflect.get(globalThis, "screen"));
  return typeof width === "number" && typeof height === "number" ? { width, height } : undefined;
}

startBoard({ map: TOUCH, openPanel, screen: screenSize });
