/** Entry of the network's worker on the touch board: Wi-Fi alone, no pins are left for a cable. */
import { startNetwork } from "../io/net/worker.js";

startNetwork();
