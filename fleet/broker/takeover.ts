/**
 * Cuts a machine's connection at a broker of others: a CONNECT with its client id from the inside, which every broker
 * answers by ending the older session (MQTT 3.1.1 §3.1.4). A new list of revoked certificates does not do that.
 */
import { type Packet, parser, writeToStream } from "mqtt-packet";
import { dialSocket } from "./connection.js";

const WITHIN_MS = 10_000;

/** Resolves when the broker has taken us for the machine; rejects with the reason. `url`: of the fleet's own login. */
export function takeOver(url: string, serial: string): Promise<void> {
  const { username, password } = new URL(url);
  const socket = dialSocket(new URL(url));
  const packets = parser({ protocolVersion: 4 });
  return new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(`the connection of ${serial} was not cut: ${why}`));
    };
    const deadline = setTimeout(() => fail("no answer"), WITHIN_MS);
    socket.once("error", (error) => fail(error.message));
    socket.once("close", () => {
      clearTimeout(deadline);
      fail("closed");
    });
    socket.on("data", (chunk: Buffer) => packets.parse(chunk));
    packets.on("error", (error) => fail(error.message));
    packets.on("packet", (packet: Packet) => {
      if (packet.cmd !== "connack") return;
      if (packet.returnCode !== 0) return fail(`refused with code ${packet.returnCode}`);
      writeToStream({ cmd: "disconnect" }, socket);
      socket.destroySoon();
      resolve();
    });
    const login = { username: decodeURIComponent(username), password: Buffer.from(decodeURIComponent(password)) };
    writeToStream(
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: serial,
        clean: true,
        keepalive: 10,
        ...(username === "" ? {} : login),
      },
      socket,
    );
  });
}
