/**
 * `xs-code`: bytes of XS byte code in the firmware of a board, as the SDK's linker puts it into the image: the machine
 * and what it uses of the SDK, modules as they are and functions of preloaded ones, no simulated world. Measured on the
 * real link, so it needs the Moddable SDK.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BOARDS, type BoardName } from "../firmware/arguments.js";
import { build, onlyNews } from "../firmware/build.js";
import { type LinkReport, MAX_CODE_BYTES, PRELOADED, whyRefused } from "../firmware/link-report.js";
import { endWithUs } from "../firmware/program.js";
import { findSdk } from "../firmware/sdk.js";
import type { Bench } from "./bench.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export const XS_CODE: Bench = {
  name: "xs-code",
  about: `bytes of XS byte code in a board's firmware, the larger one; at most ${MAX_CODE_BYTES}; needs the SDK`,
  async run(say) {
    const found = findSdk(process.env, process.platform, ["mcconfig", "xsc", "xsl"]);
    if (!found.ok) return { name: "xs-code", notMeasured: found.reason };
    if (found.note !== undefined) say(found.note);
    endWithUs();
    const place = { root: ROOT, out: join(ROOT, "build", "firmware") };
    const links = new Map<BoardName, LinkReport>();
    for (const board of BOARDS) {
      say(`board ${board}`);
      const end = await build({ platform: "esp32", board, debug: false }, found.sdk, place, onlyNews(say));
      if (!end.ok) return { name: "xs-code", notMeasured: end.reason };
      links.set(board, end.built.link);
    }
    const [largest] = [...links].sort((left, right) => right[1].codeBytes - left[1].codeBytes);
    if (largest === undefined) return { name: "xs-code", notMeasured: "there is no board" };
    const [board, link] = largest;
    const broken = [...links].flatMap(([name, its]) => {
      return whyRefused(its, { platform: "esp32", debug: false }).map((why) => `Board ${name}: ${why}`);
    });
    return {
      name: "xs-code",
      ...(broken.length > 0 ? { broken } : {}),
      value: link.codeBytes,
      unit: "bytes",
      target: { value: MAX_CODE_BYTES, is: "most" },
      counted: {
        sdk: found.sdk.version,
        board,
        ...Object.fromEntries([...links].map(([name, { codeBytes }]) => [`${name}Bytes`, codeBytes])),
        modules: link.modules,
        preloadedFunctionBytes: link.rooms.get(PRELOADED) ?? 0,
        flashSlots: link.flashSlots,
        ramPointers: link.aliases,
        warningsOfOurs: [...links.values()].reduce((sum, { ownWarnings }) => sum + ownWarnings.length, 0),
      },
    };
  },
};
