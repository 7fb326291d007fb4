/** The network's worker on the SDK's simulator: its computer's network is there already. */
import type { InterfaceIo } from "../../firmware/io/net/interface.js";
import { platformWay, runWorker } from "../../firmware/io/net/platform.js";

class HostInterface implements InterfaceIo {
  readonly connection = 500;
  connect(): void {}
  disconnect(): void {}
  close(): void {}
}

runWorker(() => [platformWay("host", HostInterface, {}, undefined)]);
