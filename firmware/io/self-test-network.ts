/**
 * The self-test's lines of who the board is and how it reaches the fleet: identity, secrets, its key, Wi-Fi and cable.
 * At power-up the cable's chip is asked itself, before the network's worker has it; later its worker says which way is
 * in use.
 */
import type { Finding } from "../../shared/self-test-texts.js";
import type { NetAddresses } from "../ports/hardware.js";
import type { PinMap } from "./boards/pin-map.js";
import type { BoardKey } from "./net/board-network.js";

/** What the cable's chip says at power-up; undefined: it does not answer. Throws where it cannot be opened. */
export type LookAtCable = () => "link" | "noLink" | undefined;

export interface NetworkFacts {
  /** "M-1234"; undefined: not provisioned. */
  readonly machineId: string | undefined;
  readonly networkProvisioned: boolean;
  /** False: it waits for its claim. */
  readonly isClaimed: boolean;
  readonly keyState: BoardKey["state"];
  /** Of Wi-Fi; undefined: its secrets name none. */
  readonly ssid: string | undefined;
  /** The way in use; undefined: none is yet. */
  readonly used: NetAddresses["used"];
}

export function identity({ machineId, isClaimed }: NetworkFacts): Finding {
  if (machineId !== undefined && !isClaimed) {
    return { part: "identity", saw: "{}, not claimed", values: [machineId], cure: "claim it: its page in this menu" };
  }
  if (machineId !== undefined) return { part: "identity", saw: "{}", values: [machineId] };
  return { part: "identity", saw: "none", cure: "provision the board: without a name and keys it sells nothing" };
}

export function networkSecrets({ networkProvisioned }: NetworkFacts): Finding {
  if (networkProvisioned) return { part: "network secrets", saw: "there" };
  return { part: "network secrets", saw: "none", cure: "provision the board: it sells, but tells nobody" };
}

export function deviceKey({ keyState }: NetworkFacts): Finding {
  const part = "device key";
  if (keyState === "ready") return { part, saw: "ready" };
  if (keyState === "making") return { part, saw: "being made" };
  return { part, saw: "failed", cure: "the partition keys takes nothing: replace the board" };
}

export function wifi({ ssid, used, networkProvisioned }: NetworkFacts, map: PinMap): Finding {
  const part = "Wi-Fi";
  if (used?.way === "wifi") return { part, saw: "connected ({})", values: [used.address] };
  if (ssid !== undefined) return { part, saw: "set up for {}", values: [ssid] };
  if (hasCable(map) || !networkProvisioned) return { part, saw: "not in use" };
  return { part, saw: "none", cure: "neither a cable nor the name of a Wi-Fi: provision it with one" };
}

/** undefined: the board has none. look: only at power-up. */
export function cable({ ssid, used }: NetworkFacts, map: PinMap, look?: LookAtCable): Finding | undefined {
  const part = "Ethernet";
  if (!hasCable(map)) return undefined;
  if (used?.way === "ethernet") return { part, saw: "connected ({})", values: [used.address] };
  if (look === undefined) return { part, saw: "not in use" };
  const cure = "compare the pin map with the wiring: two parts on one pin?";
  try {
    const link = look();
    if (link === "link") return { part, saw: "answers, cable has a link" };
    if (link === "noLink") return { part, saw: "answers, no link on its cable" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { part, saw: "not opened ({})", values: [why], cure };
  }
  // without the chip a board runs by Wi-Fi
  if (ssid !== undefined) return { part, saw: "silent, not fitted" };
  return { part, saw: "silent", cure: "no W5500 answers: supply, SCK, MISO, MOSI, select" };
}

function hasCable({ pins }: PinMap): boolean {
  return pins.ethernetSelect !== undefined;
}
