/** What the machine is made of and what travels inside it: the ports, every effect of every room, every task. */

import type { BootCause } from "../../shared/records/kinds.js";
import type { DexEffect } from "../audit/dex.js";
import type { CashEffect, CashInput } from "../cash/state.js";
import type { ClimateEffect, ClimateInput } from "../climate.js";
import type { OrderEffect } from "../commands/orders.js";
import type { DeliveryEffect, DeliveryInput } from "../delivery/state.js";
import type { MdbEffect, MdbInput } from "../mdb/bus.js";
import type { PanelView } from "../panel/view.js";
import type {
  BeamPort,
  ClaimPort,
  CompressorPort,
  DexPort,
  FlashPort,
  Identity,
  LinkPort,
  MemoryPort,
  MotorsPort,
  NetworkPort,
  PanelPort,
  RandomPort,
  SelfTestPort,
  SensorSnapshot,
  UpdatePort,
} from "../ports/hardware.js";
import type { CardEffect, CardInput } from "../sale/cards-state.js";
import type { SaleEffect, SaleInput } from "../sale/state.js";
import type { SyncEffect, SyncInput } from "../uplink/sync.js";

/** Told before and after every effect: where the simulator cuts power. May throw. */
export interface EffectWatch {
  before(effect: Effect): void;
  after(effect: Effect): void;
}

export interface MachinePorts {
  readonly link: LinkPort;
  /** The ledger's partition. */
  readonly ledgerFlash: FlashPort;
  /** Planogram and settings. */
  readonly documentFlash: FlashPort;
  /** Where the rim notes a turn (firmware/delivery/turn-note.ts). Absent where it cannot. */
  readonly noteFlash?: FlashPort;
  readonly motors: MotorsPort;
  readonly beam: BeamPort;
  readonly network: NetworkPort;
  readonly panel: PanelPort<PanelView>;
  readonly random: RandomPort;
  /** Absent where the platform cannot tell. */
  readonly memory?: MemoryPort;
  /** Absent where nothing is cooled. */
  readonly compressor?: CompressorPort;
  /** Absent where no socket for a handset is fitted. */
  readonly dex?: DexPort;
  /** Absent where there is one image, for good. */
  readonly update?: UpdatePort;
  /** Absent where the board cannot look at itself. */
  readonly selfTest?: SelfTestPort;
  /** Of a board that is still to be claimed. */
  readonly claim?: ClaimPort;
  readonly watch?: EffectWatch;
}

export interface BootFacts {
  readonly ports: MachinePorts;
  readonly identity: Identity;
  readonly sensors: SensorSnapshot;
  readonly cause: BootCause;
}

export type Effect =
  | MdbEffect
  | CashEffect
  | CardEffect
  | SaleEffect
  | DeliveryEffect
  | ClimateEffect
  | SyncEffect
  | DexEffect
  | OrderEffect;

/** An input on its way to a room. */
export type Task =
  | { readonly to: "mdb"; readonly input: MdbInput }
  | { readonly to: "cash"; readonly input: CashInput }
  | { readonly to: "cards"; readonly input: CardInput }
  | { readonly to: "sale"; readonly input: SaleInput }
  | { readonly to: "delivery"; readonly input: DeliveryInput }
  | { readonly to: "climate"; readonly input: ClimateInput }
  | { readonly to: "sync"; readonly input: SyncInput };
