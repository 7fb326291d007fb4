/**
 * A simulated board with the real firmware whose network is this computer's: its worker speaks TLS with Node's sockets.
 * Time on the board goes as fast as it is asked to; on the wire it is real. It restarts when its firmware says so.
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
  CLAIM_ENTRY,
  encodeClaim,
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
import { CuttableStorage } from "../../support/io/cuttable-storage.js";
import { SimDevkit } from "../../support/io/devkit.js";
import { NodeClockwork, nodeTls } from "../../support/node-sockets.js";
import { until } from "../support.js";
import { boardKey } from "./boards.js";

export interface TlsBoardOptions {
  readonly key: KeyObject;
  /** The first one, DER; empty: it is to claim itself. */
  readonly certificate: Uint8Array;
  readonly doorPort: number;
  /** What is flashed, by entry. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  /** It has neither planogram nor settings yet. */
  readonly isFresh?: boolean;
}

export interface Provisioned {
  /** What the fleet has given it. */
  readonly identity: Identity;
  readonly key: KeyObject;
  /** As provisioned, DER. */
  readonly certificate: Uint8Array;
  readonly brokerPort: number;
  readonly doorPort: number;
}

const PLACE = { timeHost: "localhost", imageKey: new Uint8Array(384), doorHost: "localhost" };

/** A board with everything that the fleet has given it. */
export function provisionedBoard({ identity, key, certificate, brokerPort, doorPort }: Provisioned): TlsBoard {
  const brokerCa = new Uint8Array(new X509Certificate(identity.authorities[0] ?? "").raw);
  const network = encodeNetwork({ ...PLACE, brokerHost: "localhost", brokerPort, brokerCa, certificate, doorPort });
  const secrets = { [IDENTITY_ENTRY]: identitySecrets(identity), [NETWORK_ENTRY]: network };
  return new TlsBoard({ key, certificate, doorPort, secrets });
}

/** What a board is told of an identity: all but the certificate. */
export function identitySecrets({ serial: machineId, epoch, keys }: Pick<Identity, "serial" | "epoch" | "keys">) {
  const [orderKey, voucherKey] = [fromHex(keys.order), fromHex(keys.voucher)];
  if (orderKey === undefined || voucherKey === undefined) throw new Error("no keys");
  return encodeIdentity({ machineId, model: "Spiral", epoch, orderKey, voucherKey });
}

export interface ToClaim {
  readonly serial: string;
  readonly key: KeyObject;
  /** Undefined: somebody is to type it. */
  readonly code: string | undefined;
  /** Whom it believes to be the fleet, PEM. */
  readonly authority: string;
  readonly doorPort: number;
  /** An identity it has already, and sells by. */
  readonly identity?: Uint8Array;
  readonly isFresh?: boolean;
}

/** A board that has nothing but a name and, perhaps, a code. */
export function boardToClaim({ serial, key, code, authority, doorPort, identity, isFresh = false }: ToClaim): TlsBoard {
  const brokerCa = new Uint8Array(new X509Certificate(authority).raw);
  const secrets = {
    [NETWORK_ENTRY]: encodeNetwork({ ...PLACE, brokerCa, doorPort }),
    [CLAIM_ENTRY]: encodeClaim({ machineId: serial, model: "Spiral", ...(code === undefined ? {} : { code }) }),
    ...(identity === undefined ? {} : { [IDENTITY_ENTRY]: identity }),
  };
  return new TlsBoard({ key, certificate: new Uint8Array(0), doorPort, secrets, isFresh });
}

/** From NTP's epoch to Unix'. */
const SINCE_1900_S = 2_208_988_800;
/** All that the devkit's cabinet has on its bus. */
const CHANGER = 0b1;
const COLUMNS = DEMO_PLANOGRAM.slots.map(({ column }) => column);

export class TlsBoard {
  /** Certificates that connections to the broker were opened with, since power-up: each once in a row. */
  openedWith: Uint8Array[] = [];
  readonly #options: TlsBoardOptions;
  /** No time server answers. */
  isTimeless = false;
  /** What the board's worker writes to key-value storage; power may go in it. */
  readonly storage: CuttableStorage;
  /** What it has said on its console, since it was made. */
  readonly said: string[] = [];
  /** Restarts that its firmware has asked for. */
  restarts = 0;
  #kit = new SimDevkit(COLUMNS);
  #datagrams: SimDatagramSockets | undefined;
  #run: Run | undefined;
  #worker: NetWorker | undefined;
  #clocks: NodeClockwork[] = [];
  #isUp = false;

  constructor(options: TlsBoardOptions) {
    this.#options = options;
    this.storage = new CuttableStorage(this.#kit.keyValue);
    for (const [entry, bytes] of Object.entries(options.secrets)) {
      this.#kit.keyValue.entries.set(`${SECRET_DOMAIN}/${entry}`, bytes);
    }
    if (options.isFresh) return;
    const partition = this.#kit.flash.partitions.get("documents");
    if (partition === undefined) throw new Error("no flash for documents");
    const documents = openDocuments(partition);
    documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
    documents.store("settings", encodeSettings({ ...DEMO_SETTINGS, fitted: CHANGER }));
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

  get kit(): SimDevkit {
    return this.#kit;
  }

  get run(): Run {
    if (this.#run === undefined) throw new Error("no machine runs");
    return this.#run;
  }

  powerUp(): void {
    this.openedWith = [];
    this.storage.isOff = false;
    // the cabinet and its time begin anew, flash is what it was
    const { flash, keyValue } = this.#kit;
    this.#kit = new SimDevkit(COLUMNS);
    for (const [name, partition] of flash.partitions) this.#kit.flash.partitions.set(name, partition);
    for (const [name, bytes] of keyValue.entries) this.#kit.keyValue.entries.set(name, bytes);
    this.storage.inner = this.#kit.keyValue;
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
        claim: parts.secrets?.pendingClaim(),
        key: { state: "ready", privateKey: () => Uint8Array.from(rsa).buffer },
        buildS: Math.floor(Date.now() / 1_000),
        clockwork: this.#clock(),
        startWorker: this.#startWorker,
      },
      say: (line) => this.said.push(line),
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
      if (this.storage.isOff) {
        this.powerCut();
        this.powerUp();
      }
      this.#kit.run(50);
      this.#tellTime();
      if (this.#kit.restarts > 0) {
        this.restarts += 1;
        this.powerCut();
        this.powerUp();
      }
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
        storage: this.storage,
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
        if (options.port !== board.#options.doorPort) board.#opened(certificate);
        const key = board.#options.key.export({ type: "pkcs8", format: "pem" });
        const secure = nodeTls({
          ca: certificatesIn(authorities).map(pemOf),
          // before its claim it has none to show
          ...(certificate.length === 0 ? {} : { cert: pemOf(certificate), key }),
          ciphers: SUITE,
          maxVersion: "TLSv1.2",
        });
        // biome-ignore lint/correctness/noConstructorReturn: each connection has certificates of its own
        return new secure(options);
      }
    } as unknown as SocketClass;
  }

  /** The time server answers whatever it was asked. */
  #tellTime(): void {
    const socket = this.#datagrams?.opened.at(-1);
    const question = socket?.sent.at(-1);
    if (socket === undefined || question === undefined || this.isTimeless || socket.closed) return;
    const answer = new Uint8Array(48);
    answer.set([0x24, 1]);
    answer.set(question.bytes.subarray(40), 24);
    new DataView(answer.buffer).setUint32(40, Math.floor(Date.now() / 1_000) + SINCE_1900_S);
    socket.sent.length = 0;
    socket.arrive(answer);
  }

  #opened(certificate: Uint8Array): void {
    const last = this.openedWith.at(-1);
    if (last === undefined || !equalBytes(last, certificate)) this.openedWith.push(certificate);
  }

  #way(): Way {
    const interfaces = new SimInterfaces();
    interfaces.connection = 500;
    const tcp = nodeTls({});
    this.#datagrams = new SimDatagramSockets();
    const { io: datagrams } = this.#datagrams;
    return new InterfaceWay(
      { name: "host", tcp, datagrams, resolve: (_host, answer) => answer("127.0.0.1") },
      { io: interfaces.io, clockwork: this.#clock(), random: () => 0 },
    );
  }
}

function pemOf(der: Uint8Array): string {
  return new X509Certificate(der).toString();
}
