/** What the manifest starts on the devkit: keypad and text display, and a look at its W5500. */
import SPI from "embedded:io/spi";
import { lookAtW5500 } from "../io/boards/cable-look.js";
import { DEVKIT } from "../io/boards/devkit.js";
import { startBoard } from "./start.js";

startBoard({ map: DEVKIT, lookAtCable: () => lookAtW5500(DEVKIT, SPI) });
