/** The operator's page: what `operator/index.html` starts. */
import "../parts/base.css";
import "./operator.css";
import "./fleet.css";
import "./machine.css";
import "./desk.css";
import "./board.css";
import { mount } from "../parts/mount.js";
import { App } from "./app.js";

mount(<App />);
