/** `npm run trace -- decode|replay FILE.tsv [--json]`: reads recordings of the MDB bus. Exit code 2: it cannot. */
import { readFileSync } from "node:fs";
import { decodeConversation } from "./decode.js";
import { exchangesOf } from "./exchanges.js";
import { printReplay, printTrace } from "./print.js";
import { readRecording } from "./read.js";
import { Replay } from "./replay.js";

const HELP = `npm run --silent trace -- decode FILE.tsv [--json]   every block in the words of the trade
npm run --silent trace -- replay FILE.tsv [--json]   what our bus master concludes from these peripherals

FILE.tsv holds one transmission a line, separated by TAB: the time of its first word in microseconds, M (VMC) or
S (peripheral), the nine-bit words in hex (1xx = mode bit set), and ok, bad or - for its checksum:
  5979936	S	000 100	ok
Lines that begin with # are comments. A bare scan has no times: M or S, words, number of repeats, remark.

--json   one JSON document instead of text
Exit code 0: done; 2: wrong arguments, or a file that cannot be read.`;

function main(args: readonly string[]): number {
  const [command, ...rest] = args.filter((arg) => !arg.startsWith("-"));
  const options = args.filter((arg) => arg.startsWith("-"));
  if (options.includes("--help") || options.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const unknown = options.find((option) => option !== "--json");
  const [file] = rest;
  const known = command === "decode" || command === "replay";
  if (unknown !== undefined) return refuse(`There is no option ${unknown}.\n\n${HELP}`);
  if (!known)
    return refuse(
      `${command === undefined ? "Say decode or replay" : `"${command}" is neither decode nor replay`}.\n\n${HELP}`,
    );
  if (file === undefined || rest.length > 1) return refuse(`Name one file to ${command}.\n\n${HELP}`);
  return run(command, file, options.includes("--json"));
}

function run(command: "decode" | "replay", file: string, json: boolean): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return refuse(`${file}: cannot be read (${code}).\nCure: name an existing file you may read.`);
  }
  const outcome = readRecording(text);
  if (!outcome.ok) {
    const place = outcome.line === 0 ? file : `${file}, line ${outcome.line}`;
    return refuse(`${place}: ${outcome.problem}.\nCure: ${outcome.cure}.`);
  }
  const conversation = exchangesOf(outcome.recording);
  if (command === "decode") {
    const report = decodeConversation(conversation);
    console.log(json ? JSON.stringify({ file, ...report }) : printTrace(report).join("\n"));
  } else {
    const report = new Replay(conversation).run();
    console.log(json ? JSON.stringify({ file, ...report }) : printReplay(report).join("\n"));
  }
  return 0;
}

function refuse(message: string): number {
  console.error(message);
  return 2;
}

process.exitCode = main(process.argv.slice(2));
