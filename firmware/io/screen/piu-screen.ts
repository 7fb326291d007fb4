/**
 * The touch screen in Piu, the Moddable SDK's user interface framework: one port that draws the plates of the area it
 * is asked for, touches handed on, one timer. All that is more than that lies in `screen.ts`.
 */
import "piu/MC";
import type { Container, Content, Port as PiuPort, Style as PiuStyle } from "piu/MC";
import qrCode from "qrcode";
import Timer from "timer";
import type { Language } from "../../../shared/panel-phrases.js";
import type { PanelView } from "../../../shared/panel-view.js";
import type { PanelPort } from "../../ports/hardware.js";
import type { WorldInput } from "../../ports/inputs.js";
import { COLORS, FONTS, type FontName } from "./looks.js";
import type { Area, Measure, Plate } from "./plates.js";
import { TouchScreen } from "./screen.js";

/** Bytes of Poco's list of what is drawn in one piece, and of Piu's list of commands it comes from. */
export const DISPLAY_LIST_BYTES = 8_192;
export const COMMAND_LIST_BYTES = 4_096;
/** Largest QR code; ours are of version 3 or 4. */
const MAX_QR_VERSION = 10;

export interface PiuScreenOptions extends Area {
  readonly language: Language;
  deliver(input: WorldInput): void;
  /** As `ScreenPorts`. */
  onPicture?(plates: readonly Plate[]): void;
}

export interface PiuScreen {
  readonly panel: PanelPort<PanelView | undefined>;
  readonly screen: TouchScreen;
  close(): void;
}

/** The application that fills the display. */
export function openApplication(): Container {
  return new Application(null, {
    displayListLength: DISPLAY_LIST_BYTES,
    commandListLength: COMMAND_LIST_BYTES,
    touchCount: 1,
    skin: new Skin({ fill: COLORS.ground }),
  });
}

/**
 * Puts the touch screen into `container`, at the place of `options`. Throws RangeError for an area that is none; after
 * `close`, which may be called again, `show` throws.
 */
export function openPiuScreen(container: Container, options: PiuScreenOptions): PiuScreen {
  const { x: left, y: top, w: width, h: height } = options;
  if (!(width > 0) || !(height > 0)) throw new RangeError("invalid area");
  const styles = openStyles();
  let timer: Timer | undefined;
  let port: PiuPort | undefined;
  let closed = false;
  const wakeIn = (ms: number | undefined): void => {
    if (timer !== undefined) Timer.clear(timer);
    timer = ms === undefined || closed ? undefined : Timer.set(tick, ms);
  };
  const screen = new TouchScreen({ width, height }, options.language, {
    measure: measureBy(styles),
    wakeIn,
    draw: (areas) => {
      for (const { x, y, w, h } of areas) port?.invalidate(x, y, w, h);
    },
    encodeQr: (text) => new Uint8Array(qrCode({ input: text, maxVersion: MAX_QR_VERSION })),
    deliver: (input) => options.deliver(input),
    onPicture: (plates) => options.onPicture?.(plates),
  });
  function tick(): void {
    timer = undefined;
    screen.tick();
  }
  // found by name: Piu asks for no base class, and the declarations of its versions disagree about one
  class ScreenBehavior {
    onDisplaying(content: PiuPort): void {
      port = content;
      screen.redraw();
    }
    onDraw(content: PiuPort, x: number, y: number, w: number, h: number): void {
      drawPlates(content, screen, { x, y, w, h }, styles);
    }
    onTouchBegan(_content: Content, _id: number, x: number, y: number): void {
      screen.touchDown(x - left, y - top);
    }
    onTouchEnded(_content: Content, _id: number, x: number, y: number): void {
      screen.touchUp(x - left, y - top);
    }
    onTouchCancelled(): void {
      screen.touchCancelled();
    }
  }
  const content = new Port(null, { left, top, width, height, active: true, Behavior: ScreenBehavior });
  container.add(content);
  const close = (): void => {
    if (closed) return;
    closed = true;
    wakeIn(undefined);
    port = undefined;
    container.remove(content);
  };
  const show = (view: PanelView | undefined): void => {
    if (closed) throw new Error("screen is closed");
    screen.show(view);
  };
  return { panel: { show }, screen, close };
}

type Styles = { readonly [font in FontName]: PiuStyle };

function openStyles(): Styles {
  return {
    small: new Style({ font: FONTS.small.name }),
    bold: new Style({ font: FONTS.bold.name }),
    medium: new Style({ font: FONTS.medium.name }),
    large: new Style({ font: FONTS.large.name }),
  };
}

function measureBy(styles: Styles): Measure {
  return (text, font) => styles[font].measure(text).width ?? 0;
}

function drawPlates(port: PiuPort, screen: TouchScreen, area: Area, styles: Styles): void {
  for (const plate of screen.platesIn(area)) {
    port.fillColor(COLORS[plate.fill], plate.x, plate.y, plate.w, plate.h);
    for (const run of screen.darkRunsIn(plate, area)) port.fillColor("#000000", run.x, run.y, run.w, run.h);
    for (const { text, font, color, x, y, w } of plate.words) {
      if (y >= area.y + area.h || y + FONTS[font].lineHeightPx <= area.y) continue;
      port.drawString(text, styles[font], COLORS[color], x, y, w, FONTS[font].lineHeightPx);
    }
  }
}
