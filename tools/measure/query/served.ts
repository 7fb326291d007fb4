/** The fleet service on the filled folder, in a process of its own: prints its address, ends with its input. */
import { startFleet } from "../../../fleet/server.js";
import { benchConfig, benchFolder } from "./folder.js";

const fleet = await startFleet(benchConfig(benchFolder()));
process.stdout.write(`${fleet.url}\n`);
process.stdin.on("end", () => {
  fleet.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.stdin.resume();
