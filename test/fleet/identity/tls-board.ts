/**
 * A simulated board with the real firmware whose network is this computer's: its worker speaks TLS with Node's sockets.
 * Time on the board goes as fast as it is asked to; on the wire it is real.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { type Run, runBoard } from "../../../firmware/esp32/run.js";
import { certificatesIn } from "../../../firmware/io/net/certificate.js";
import { CERTIFICATE_DOMAIN, CertificateStore } from "../../../firmware/io/net/certificate-store.js";
import type { Credentials } from "../../../firmware/io/net/credentials.js";
import { decodeFromWorker } from "../../../firmware/io/net/frames.js";
import { NetWorker } from "../../../firmware/io/net/net-worker.js";
import type { StartWorker } from "../../../firmware/io/net/network.js";
import type { Clockwork, SocketClass, SocketOptions } from "../../../firmware/io/net/sockets.js";
import { InterfaceWay, type Way } from "../../../firmware/io/net/ways.js";
import {
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  NETWORK_ENTRY,
  SECRET_DOMAIN,
} from "../../../firmware/io/secret-store.js";
import { openDocuments } from "../../../firmware/settings.js";
import type { Identity } from "../../../fleet/api/machine-door/schema.js";
import { equalBytes, fromHex } from "../../../shared/bytes.js";
import { encodePlanogram, encodeSettings } from "../../../shared/wire/documents.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { SimInterfaces } from "../../../tools/bench/net-interface.js";
import { SimDatagramSockets } from "../../../tools/bench/sockets.js";
import { SUITE } from "../../../tools/measure/tls-bytes.js";
import { SimDevkit } from "../../support/io/devkit.js";
import { NodeClockwork, nodeTls } from "../../support/node-sockets.js";
import { until } from "../support.js";
import { boardKey } from "./boards.js";

export interface TlsBoardOptions {
  /** What the fleet has given it. */
  readonly identity: Identity;
  readonly key: KeyObject;
  /** As provisioned, DER. */
  readonly certificate: Uint8Array;
  readonly brokerPort: number;
  readonly doorPort: number;
}

const COLUMNS = DEMO_PLANOGRAM.slots.map(({ column }) => column);

export class TlsBoard {
  /** Certificates that connections to the broker were opened with, since power-up: each once in a row. */
  openedWith: Uint8Array[] = [];
  readonly #options: TlsBoardOptions;
  #kit = new SimDevkit(COLUMNS);
  #run: Run | undefined;
  #worker: NetWorker | undefined;
  #clocks: NodeClockwork[] = [];
  #isUp = false;

  constructor(options: TlsBoardOptions) {
    this.#options = options;
    const { identity, certificate, brokerPort, doorPort } = options;
    const { entries } = this.#kit.keyValue;
    const { serial: machineId, epoch, keys } = identity;
    const [orderKey, voucherKey] = [fromHex(keys.order), fromHex(keys.voucher)];
    if (orderKey === undefined || voucherKey === undefined) throw new Error("no keys");
    const who = encodeIdentity({ machineId, model: "Spiral", epoch, orderKey, voucherKey });
    entries.set(`${SECRET_DOMAIN}/${IDENTITY_ENTRY}`, who);
    const network = encodeNetwork({
      brokerHost: "localhost",
      brokerPort,
      brokerCa: new Uint8Array(new X509Certificate(identity.authorities[0] ?? "").raw),
      certificate,
      timeHost: "localhost",
      imageKey: new Uint8Array(384),
      doorHost: "localhost",
      doorPort,
    });
    entries.set(`${SECRET_DOMAIN}/${NETWORK_ENTRY}`, network);
    const partition = this.#kit.flash.partitions.get("documents");
    if (partition === undefined) throw new Error("no flash for documents");
    const documents = openDocuments(partition);
    documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
    documents.store("settings", encodeSettings(DEMO_SETTINGS));
  }

  /** What the board itself has put on flash of its certificates. */
  get kept(): ReadonlyMap<string, Uint8Array> {
    const all = [...this.#kit.keyValue.entries];
    return new Map(all.filter(([name]) => name.startsWith(`${CERTIFICATE_DOMAIN}/`)));
  }

  /** The certificate it has connected with, by what is on flash. */
  get own(): Uint8Array {
    const { certificate } = this.#options;
    const store = new CertificateStore({ io: this.#kit.keyValue, certificate });
    return store.read("own")?.certificate ?? certificate;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Records the fleet has acknowledged. */
  get acked(): number {
    return this.#run?.machine.rooms.ledger.mark ?? 0;
  }

  powerUp(): void {
    this.openedWith = [];
    // the cabinet and its time begin anew, flash is what it was
    const { flash, keyValue } = this.#kit;
    this.#kit = new SimDevkit(COLUMNS);
    for (const [name, partition] of flash.partitions) this.#kit.flash.partitions.set(name, partition);
    for (const [name, bytes] of keyValue.entries) this.#kit.keyValue.entries.set(name, bytes);
    const parts = this.#kit.parts();
    this.#kit.run(500);
    const { key } = this.#options;
    const rsa = key.export({ type: "pkcs1", format: "der" });
    this.#run = runBoard({
      parts,
      chip: this.#kit.chipPort(),
      image: { onTrial: false, confirm: () => true, rollBack: () => false },
      identity: parts.secrets?.identity("0.1.0"),
      columns: COLUMNS,
      network: {
        secrets: parts.secrets?.network(),
        key: { state: "ready", privateKey: () => Uint8Array.from(rsa).buffer },
        buildS: Math.floor(Date.now() / 1_000),
        clockwork: this.#clock(),
        startWorker: this.#startWorker,
      },
      say: () => undefined,
    });
  }

  /** Nothing is said to anybody: sockets break, memory is gone. */
  powerCut(): void {
    this.#run?.network.close();
    this.#worker?.close();
    for (const clock of this.#clocks) clock.alarm(undefined, () => undefined);
    this.#clocks = [];
    this.#run = undefined;
    this.#worker = undefined;
    this.#isUp = false;
  }

  /** Lets the board's time go on until it is so. */
  until(isSo: () => boolean, otherwise: string): Promise<void> {
    return until(async () => {
      this.#kit.run(50);
      return isSo();
    }, otherwise);
  }

  #clock(): Clockwork {
    const clock = new NodeClockwork();
    this.#clocks.push(clock);
    return clock;
  }

  readonly #startWorker: StartWorker = (heard) => {
    let ended = false;
    const worker: NetWorker = new NetWorker({
      post: (frame) => {
        const told = decodeFromWorker(frame);
        if (told?.frame === "up") this.#isUp = told.up;
        queueMicrotask(() => ended || heard(frame.slice(0)));
      },
      waysFor: () => [this.#way()],
      tls: (_config, _now, _tcp, credentials) => this.#tls(credentials),
      makeClockwork: () => this.#clock(),
      random: (bound) => Math.floor(Math.random() * bound),
      renewal: {
        storage: this.#kit.keyValue,
        sign: (pkcs8, digest) =>
          boardKey(createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" })).sign(digest),
      },
    });
    this.#worker = worker;
    return {
      post: (frame) => queueMicrotask(() => ended || worker.heard(frame.slice(0))),
      terminate: () => {
        ended = true;
        worker.close();
      },
    };
  };

  /** TLS 1.2 with the device's one suite, its certificate and its authorities. */
  #tls(credentials: () => Credentials): SocketClass {
    const board = this;
    return class {
      constructor(options: SocketOptions) {
        const { certificate, authorities } = credentials();
        if (options.port === board.#options.brokerPort) board.#opened(certificate);
        const secure = nodeTls({
          ca: certificatesIn(authorities).map(pemOf),
          cert: pemOf(certificate),
          key: board.#options.key.export({ type: "pkcs8", format: "pem" }),
          ciphers: SUITE,
          maxVersion: "TLSv1.2",
        });
        // biome-ignore lint/correctness/noConstructorReturn: each connection has certificates of its own
        return new secure(options);
      }
    } as unknown as SocketClass;
  }

  #opened(certificate: Uint8Array): void {
    const last = this.openedWith.at(-1);
    if (last === undefined || !equalBytes(last, certificate)) this.openedWith.push(certificate);
  }

  #way(): Way {
    const interfaces = new SimInterfaces();
    interfaces.connection = 500;
    const tcp = nodeTls({});
    const { io: datagrams } = new SimDatagramSockets();
    return new InterfaceWay(
      { name: "host", tcp, datagrams, resolve: (_host, answer) => answer("127.0.0.1") },
      { io: interfaces.io, clockwork: this.#clock(), random: () => 0 },
    );
  }
}

function pemOf(der: Uint8Array): string {
  return new X509Certificate(der).toString();
}
