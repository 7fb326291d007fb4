/** `npm run ledger -- dump|check|export FILE`: what is in a ledger's flash, and whether it is sound. */
import { runLedger } from "./command.js";

const { code, out, err } = runLedger(process.argv.slice(2));
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
