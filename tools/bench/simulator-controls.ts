/**
 * The customer's and the technician's hands in the SDK's simulator: a strip of buttons beside the touch screen, in Piu.
 * Nothing of it is ever on a machine.
 */
import "piu/MC";
import type { Container, Port as PiuPort } from "piu/MC";
import type { Area } from "../../firmware/io/screen/plates.js";
import type { Board } from "./board.js";

interface Control {
  readonly label: string;
  act(board: Board): void;
}

/** On a card that is new at each tap, minor units. */
const CARD_BALANCE_MINOR = 5_000;
const BUTTON_PX = 26;
const COLUMNS = 4;
const FONT = "OpenSans-Regular-16";

const CONTROLS: readonly Control[] = Object.freeze<Control[]>([
  { label: "25¢", act: (board) => board.changer?.insertCoin(25) },
  { label: "$1", act: (board) => board.validator?.insertBill(100) },
  { label: "$5", act: (board) => board.validator?.insertBill(500) },
  { label: "Card", act: tapCard },
  { label: "Take", act: takeAll },
  { label: "Door", act: (board) => board.door.set(!board.door.open) },
  { label: "Jam", act: jamTubes },
  { label: "Plug", act: (board) => (board.powered ? board.cutPower() : board.powerOn()) },
]);

/** Height of the strip, px. */
export const STRIP_PX = BUTTON_PX * Math.ceil(CONTROLS.length / COLUMNS);

export interface PlacedControl {
  readonly label: string;
  readonly area: Area;
}

/** Puts the strip along the lower edge of `container`; tells where each button lies. */
export function openControls(container: Container, board: Board): PlacedControl[] {
  const width = Math.floor(container.width / COLUMNS);
  const top = container.height - STRIP_PX;
  const style = new Style({ font: FONT });
  return CONTROLS.map(({ label, act }, i) => {
    const labelPx = style.measure(label).width ?? 0;
    let down = false;
    class ControlBehavior {
      onDraw(port: PiuPort): void {
        port.fillColor("#000000", 0, 0, width, BUTTON_PX);
        port.fillColor(down ? "#7fd1ff" : "#d9cfc0", 1, 1, width - 2, BUTTON_PX - 2);
        port.drawString(label, style, "#000000", Math.floor((width - labelPx) / 2), 2, width, BUTTON_PX);
      }
      onTouchBegan(port: PiuPort): void {
        press(port, true);
      }
      onTouchEnded(port: PiuPort): void {
        press(port, false);
        act(board);
      }
      onTouchCancelled(port: PiuPort): void {
        press(port, false);
      }
    }
    const press = (port: PiuPort, on: boolean): void => {
      down = on;
      port.invalidate();
    };
    const place = { left: (i % COLUMNS) * width, top: top + Math.floor(i / COLUMNS) * BUTTON_PX };
    container.add(new Port(null, { ...place, width, height: BUTTON_PX, active: true, Behavior: ControlBehavior }));
    return { label, area: { x: place.left, y: place.top, w: width, h: BUTTON_PX } };
  });
}

function tapCard(board: Board): void {
  board.readers[0]?.tap(board.truth.cards.newCard(CARD_BALANCE_MINOR));
}

/** Goods from the tray, coins from the cup. */
function takeAll(board: Board): void {
  for (const product of board.truth.productsIn("tray")) board.truth.moveProduct(product, "customer");
  for (const coin of board.truth.coinsIn("cup")) board.truth.moveCoin(coin, "customer");
}

/** All tubes, so that what is to be paid out becomes a voucher; the same again frees them. */
function jamTubes(board: Board): void {
  const tubes = board.changer?.tubes;
  if (tubes === undefined) return;
  tubes.types.forEach((_, type) => {
    if ((tubes.mask & (1 << type)) === 0) return;
    if (tubes.jamOf(type) === undefined) tubes.jam(type);
    else tubes.unjam(type);
  });
}
