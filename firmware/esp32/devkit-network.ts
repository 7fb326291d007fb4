/** Entry of the network's worker on the devkit: a W5500 for the cable, and Wi-Fi. */
import { DEVKIT } from "../io/boards/devkit.js";
import { cableWay } from "../io/net/w5500/way.js";
import { startNetwork } from "../io/net/worker.js";

startNetwork((config, platform) => cableWay(DEVKIT, config, platform));
