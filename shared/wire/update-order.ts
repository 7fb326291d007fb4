/** What an `updateFirmware` order carries: the signed manifest of the image, and the version that will then run. */
import { decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type MessageOf, toMap } from "../layout.js";

/** manifest: as whoever releases images has signed it; the board alone judges it. version: as the image will say. */
const UPDATE_FIRMWARE = deepFreeze({ manifest: [0, "bytes"], version: [1, "text"] });

export type UpdateFirmware = MessageOf<typeof UPDATE_FIRMWARE>;

export const MAX_MANIFEST_BYTES = 2_048;
/** `machines.firmware_version` is VARCHAR(20). */
export const MAX_VERSION_CHARACTERS = 20;

/** Arguments of an `updateFirmware` order. */
export function encodeUpdateFirmware(update: UpdateFirmware): Uint8Array {
  return encodeCbor(toMap(UPDATE_FIRMWARE, update));
}

/** Undefined for what is none, or names no version that can be recorded. */
export function decodeUpdateFirmware(args: Uint8Array): UpdateFirmware | undefined {
  const cbor = decodeCbor(args);
  const result = fromMap(UPDATE_FIRMWARE, cbor.ok ? cbor.value : undefined);
  if (!result.ok) return undefined;
  const { version } = result.message;
  return version.length === 0 || version.length > MAX_VERSION_CHARACTERS ? undefined : result.message;
}
