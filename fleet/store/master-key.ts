/** The key from which every machine's own keys are made: from the environment or a 0600 file, never the database. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fromHex, toHex } from "../../shared/bytes.js";
import { type Config, ConfigError } from "../config.js";
import { secretFile } from "./data-folder.js";

/** Of the keys that machines have now. */
export const KEY_VERSION = 1;
const KEY_BYTES = 32;
const FILE = "master-key";

/** 32 bytes. Made where there is none yet. */
export async function masterKey({ masterKey: given, dataDir }: Pick<Config, "masterKey" | "dataDir">) {
  const text = given ?? (await secretFile(dataDir, FILE, () => toHex(randomBytes(KEY_BYTES))));
  const key = fromHex(text.trim());
  if (key?.length === KEY_BYTES) return key;
  const cure = `Bring back the file, or set SPIRAL_MASTER_KEY; a new key cannot check what machines have signed.`;
  throw new ConfigError("SPIRAL_DATA_DIR", `holds a ${join(dataDir, FILE)} without ${KEY_BYTES} bytes`, cure);
}
