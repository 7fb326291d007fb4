/**
 * A broker on a simulated network, as far as a machine's session needs one: it takes, acknowledges, and says orders.
 */
import { readAll, type Sent } from "../../firmware/io/net/line.js";
import type { Peer, SimLan } from "./lan.js";

export class LanBroker {
  readonly peers: Peer[] = [];
  readonly published: Sent[] = [];
  #answered = 0;

  constructor(lan: SimLan, address: string, port: number) {
    lan.serve(address, port, (peer) => {
      this.peers.push(peer);
      this.#answered = 0;
      peer.onBytes = () => this.#read(peer);
      peer.onEnd = () => peer.close();
    });
  }

  get peer(): Peer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("nobody has connected");
    return peer;
  }

  #read(peer: Peer): void {
    const all = readAll(whole(Uint8Array.from(peer.heard)));
    for (const packet of all.slice(this.#answered)) {
      const id = [packet.id >> 8, packet.id & 255];
      if (packet.type === 1) peer.say(Uint8Array.of(0x20, 2, 0, 0));
      if (packet.type === 8) peer.say(Uint8Array.of(0x90, 4, ...id, 0, 1));
      if (packet.type === 12) peer.say(Uint8Array.of(0xd0, 0));
      if (packet.type !== 3) continue;
      this.published.push(packet);
      if ((packet.flags & 6) !== 0) peer.say(Uint8Array.of(0x40, 2, ...id));
    }
    this.#answered = all.length;
  }
}

/** Without a last packet that has not come whole. */
function whole(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let start = at + 1;
    for (let shift = 0; ; shift += 7) {
      const digit = bytes[start++];
      if (digit === undefined) return bytes.subarray(0, at);
      length |= (digit & 0x7f) << shift;
      if (digit < 0x80) break;
    }
    if (start + length > bytes.length) break;
    at = start + length;
  }
  return bytes.subarray(0, at);
}
