/** Publishes one order to the machine of the trial, as somebody else with the machine's certificate. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";

const PORT = 18_883;

function order(folder: string): void {
  const file = (name: string): string => readFileSync(join(folder, name), "utf8");
  const secure = { ca: file("ca.pem"), cert: file("machine.pem"), key: file("machine.key") };
  const socket = connect({ host: "127.0.0.1", port: PORT, servername: "localhost", ...secure });
  const send = (packet: Packet): boolean => socket.write(generate(packet));
  const reader = parser({ protocolVersion: 4 });
  reader.on("packet", (packet: Packet) => {
    if (packet.cmd === "connack") {
      const topic = "fleet/M-1/commands";
      send({ cmd: "publish", topic, payload: "order", qos: 1, messageId: 1, dup: false, retain: false });
    } else if (packet.cmd === "puback") {
      console.log("The broker has the order.");
      socket.end();
    }
  });
  socket.on("secureConnect", () => {
    send({ cmd: "connect", clientId: "somebody", clean: true, keepalive: 60, protocolId: "MQTT", protocolVersion: 4 });
  });
  socket.on("data", (bytes) => reader.parse(bytes));
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Name the prepared folder: node --import tsx tools/net-trial/order.ts FOLDER");
  process.exitCode = 2;
} else {
  order(folder);
}
