/** The whole fleet service as a process of its own: embedded broker, jobs and pages, and PostgreSQL unless set. */
import { readConfig } from "../../fleet/config.js";
import { startFleet } from "../../fleet/server.js";

/** What is kept is thrown away with its folder, and nobody cuts this machine's power. */
const THROWN_AWAY = Object.freeze({ fsync: "off", full_page_writes: "off" });

// Also while it starts: a database server that has begun is ended in order.
process.once("disconnect", end);
process.once("SIGTERM", end);
// Ctrl-C goes to all processes of a terminal: who started us ends us in order.
process.on("SIGINT", () => undefined);
const starting = startFleet({ ...readConfig(process.env), databaseOptions: THROWN_AWAY });
const { mqttPort } = await starting;
process.send?.({ mqttPort });

function end(): void {
  starting
    .then((fleet) => fleet.close())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
}
