/** The object storage that the settings name. */
import type { Config } from "../config.js";
import { directoryObjects, type ObjectStore } from "./objects.js";
import { s3Objects } from "./objects-s3.js";

/** A bucket where one is set, else the folder. Nothing is looked at before it is used. */
export function openObjects({ s3, archiveDir }: Pick<Config, "s3" | "archiveDir">): ObjectStore {
  return s3 === undefined ? directoryObjects(archiveDir) : s3Objects(s3);
}
