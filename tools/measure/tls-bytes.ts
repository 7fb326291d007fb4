/**
 * What TLS makes of what is written: a real TLS 1.2 connection with client certificates over the loopback, one suite
 * (ECDHE-RSA-AES128-GCM-SHA256, the device's), its bytes counted on the TCP sockets. No session is ever resumed.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { issue } from "./certificates.js";

/** The one suite of TLS 1.2 the device offers. */
export const SUITE = "ECDHE-RSA-AES128-GCM-SHA256";

export interface Write {
  readonly from: "machine" | "fleet";
  readonly bytes: number;
}

/** TLS bytes on the wire in each direction: handshake, and each of `writes` on its own. */
export interface TlsBytes {
  readonly handshakeUp: number;
  readonly handshakeDown: number;
  readonly records: readonly number[];
}

export async function measureTls(writes: readonly Write[]): Promise<TlsBytes> {
  const authority = issue({ name: "authority", authority: true });
  const server = issue({ name: "broker", issuer: authority, dns: ["localhost"], usage: "server" });
  const machine = issue({ name: "M-1234", issuer: authority, usage: "client" });
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const tcp = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  const [serverTcp] = (await accepted) as [Socket];
  const secure = { ca: authority.pem, minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: SUITE } as const;
  const far = new TLSSocket(serverTcp, {
    ...secure,
    isServer: true,
    requestCert: true,
    rejectUnauthorized: true,
    cert: server.pem + authority.pem,
    key: server.keyPem,
  });
  // without a session ticket: the device's TLS knows none (RFC 5077)
  far.disableRenegotiation();
  const near = connectTls({
    ...secure,
    socket: tcp,
    servername: "localhost",
    cert: machine.pem,
    key: machine.keyPem,
  });
  await once(near, "secureConnect");
  const handshakeUp = tcp.bytesWritten;
  const handshakeDown = serverTcp.bytesWritten;
  const records: number[] = [];
  for (const write of writes) {
    const [speaker, raw, listens] = write.from === "machine" ? [near, tcp, far] : [far, serverTcp, near];
    const before = raw.bytesWritten;
    let missing = write.bytes;
    const heard = new Promise<void>((resolve) => {
      const count = (chunk: Buffer): void => {
        missing -= chunk.length;
        if (missing > 0) return;
        listens.off("data", count);
        resolve();
      };
      listens.on("data", count);
    });
    speaker.write(Buffer.alloc(write.bytes));
    await heard;
    records.push(raw.bytesWritten - before);
  }
  near.destroy();
  far.destroy();
  listener.close();
  return { handshakeUp, handshakeDown, records };
}
