/** The front panel's page: what `panel/index.html` starts. */
import "../parts/base.css";
import "./layout.css";
import "./cabinet.css";
import "./controls.css";
import "./money.css";
import "./technician-side.css";
import "./text-display.css";
import { mount } from "../parts/mount.js";
import { App } from "./app.js";

mount(<App />);
