/** `npm run eva-dts -- FILE [options]`: the audit report of a ledger's flash image. Exit code 2: there is none. */
import { parseArgs } from "node:util";
import { CURRENCIES } from "../../shared/money/currencies.js";
import { explain } from "../ledger/explain.js";
import { imageBytes } from "../ledger/image.js";
import { reportOfImage } from "./image.js";

const HELP = `npm run --silent eva-dts -- FILE [--machine ID] [--currency USD] [--epoch N]

Prints the EVA-DTS 6.1 report (DXS … DXE) of the audit counters in FILE: an image of the ledger's flash partition, or
the cabinet.state of a virtual machine. What the ledger does not hold (product names, devices) stays blank.

--machine ID      serial number for ID101, otherwise blank; the ledger must be that machine's
--currency CODE   ISO 4217 code, USD if not given
--epoch N         ledger epoch, the one written last if not given
Exit code 0: printed; 2: wrong arguments, or FILE holds no ledger.`;

const MORE = "npm run --silent eva-dts -- --help says what there is.";

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      machine: { type: "string", default: "" },
      currency: { type: "string", default: "USD" },
      epoch: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) return refuse(`Name one file.\n\n${HELP}`);
  const currency = CURRENCIES.find(({ code }) => code === values.currency);
  if (currency === undefined) return refuse(`There is no currency ${values.currency}.`);
  const epoch = values.epoch === undefined ? undefined : Number(values.epoch);
  if (epoch !== undefined && !Number.isSafeInteger(epoch)) return refuse(`${values.epoch} is no epoch.`);
  const { number, decimals } = currency;
  const about = { machineId: values.machine, currency: number, decimals, ...(epoch === undefined ? {} : { epoch }) };
  const result = reportOfImage(imageBytes(file), about);
  if (!result.ok) return refuse(`${file}: ${result.error}.`);
  process.stdout.write(result.report);
  return 0;
}

function refuse(why: string): number {
  console.error(why);
  return 2;
}

try {
  process.exitCode = main();
} catch (error) {
  process.exitCode = refuse(explain(error, MORE));
}
