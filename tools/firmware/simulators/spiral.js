/**
 * The machine's front as a device of the SDK's simulator (mcsim reads this file itself): the touch board's screen, and
 * below it room for the hands of customer and technician (tools/bench/simulator-controls.ts). It lies at a fixed
 * distance from the window's right lower corner, which no theme moves: see SCREEN in ../screen.ts.
 */
import { ControlsColumn } from "ControlsPane";
import { DeviceBehavior, DeviceContainer, DeviceScreen } from "DevicePane";

const MARGIN = 14;
const WIDTH = 240;
const HEIGHT = 372;

export default {
  applicationName: "spiral",
  sortingTitle: "0000",
  title: "Spiral",
  Workers: {},
  ControlsTemplate: ControlsColumn.template(() => ({ contents: [] })),
  DeviceTemplates: {
    0: DeviceContainer.template(($) => ({
      Behavior: DeviceBehavior,
      right: MARGIN,
      bottom: MARGIN,
      width: WIDTH,
      height: HEIGHT,
      contents: [DeviceScreen($, { left: 0, top: 0, width: WIDTH, height: HEIGHT, rotation: 0 })],
    })),
  },
};
