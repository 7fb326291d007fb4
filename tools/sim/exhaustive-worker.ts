/** A worker process of `exhaustive-run.ts`: all cuts of one story, then one message with the tally. */
import { cutTwice } from "./exhaustive.js";

const part: { readonly file?: string; readonly stride?: number } = JSON.parse(process.argv[2] ?? "{}");
const stride = part.stride ?? 1;
const say = (line: string): void => {
  process.send?.(line);
};
process.send?.(cutTwice(part.file ?? "", { stride, secondStride: stride, say }));
