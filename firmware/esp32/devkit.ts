/** What the manifest starts on the devkit: keypad and text display. */
import { DEVKIT } from "../io/boards/devkit.js";
import { startBoard } from "./start.js";

startBoard({ map: DEVKIT });
