/** The doors of a whole fleet service with data of its own, and somebody who may come in. */
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import type { Config } from "../../fleet/config.js";
import { startFleet } from "../../fleet/server.js";
import { addOperator, addProduct, addSlots, registerMachine } from "../../fleet/store/provision.js";
import { liftSuspension } from "../../fleet/store/suspensions.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { brokerDoor } from "./broker-door.js";
import { restDoor } from "./rest-door.js";
import { syncDoor } from "./sync-door.js";
import type { Target } from "./target.js";

const SERIAL = "FUZZ-1";
/** Machines that speak HTTP: together they may ask more often than one. */
const HTTP_MACHINES = 20;
/** Streams without end, and what would call somebody outside. */
const LEFT_OUT = ["/events", "/stream", "/test"];

export interface Doors {
  readonly targets: readonly Target[];
  close(): Promise<void>;
}

/** Starts the service. `close` leaves its folder to the caller. */
export async function doorsOf(config: Config): Promise<Doors> {
  const fleet = await startFleet(config);
  try {
    const { databases, app } = fleet;
    const operatorId = await addOperator(databases, "Fuzz");
    const about = { category: "beverage", currency: "USD" } as const;
    await addProduct(databases, operatorId, { number: 7, name: "Cola", sku: "COLA", defaultPrice: "1.75", ...about });
    const machine = await registerMachine(databases, { serial: SERIAL, operatorId });
    await addSlots(databases, machine.machineId, [
      { slotCode: "B4", productNumber: 7, quantity: 6, maxCapacity: 8, price: "1.75" },
    ]);
    const machines = [];
    for (let number = 1; number <= HTTP_MACHINES; number++) {
      machines.push(await registerMachine(databases, { serial: `FUZZ-H${number}`, operatorId }));
    }
    const { name, password } = await ensureFirstUser(databases, operatorId, config.dataDir);
    const signIn = async (): Promise<Readonly<Record<string, string>>> => {
      const answer = await app.inject({ method: "POST", url: "/api/v1/session", payload: { name, password } });
      return { cookie: String(answer.headers["set-cookie"]).split(";")[0] ?? "", "sec-fetch-site": "same-origin" };
    };
    // Not by the REST API: its limits on how often somebody may ask are among what is tried here.
    const readmit = async (serial: string): Promise<void> => {
      const actor = { operatorId, userId: null, keyId: null };
      await asOperator(databases.app, allOf(operatorId), (tx) => liftSuspension(tx, actor, serial));
      await app.door.changed(serial);
    };
    const known = [SERIAL, "B4", "Fuzz", name, machine.machineId, operatorId, "USD", "EUR", "Europe/Berlin", "1.75"];
    const { host } = config;
    const targets = [
      brokerDoor({ host, port: fleet.mqttPort, serial: SERIAL, password: machine.password, readmit }),
      syncDoor({ app, machines, readmit }),
      await restDoor({ app, signIn, known, leftOut: LEFT_OUT }),
    ];
    return { targets, close: () => fleet.close() };
  } catch (error) {
    await fleet.close();
    throw error;
  }
}
