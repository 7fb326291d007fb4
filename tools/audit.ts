/**
 * `npm run audit`: what the registry knows against the packages that run at an operator's. Fails on findings that are
 * high or critical; says so plainly where the registry cannot be asked, which is no finding.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ARGS = ["audit", "--json", "--audit-level=high", "--omit=dev"];

export interface Audited {
  readonly isClean: boolean;
  /** For people. */
  readonly said: string;
}

/** `output`: what `npm audit --json` wrote. */
export function judgeAudit(output: string): Audited {
  const report = reportIn(output);
  const counts = recordOf(recordOf(report.metadata).vulnerabilities);
  const [high, critical] = [counts.high, counts.critical];
  if (typeof high !== "number" || typeof critical !== "number") {
    const why = [report.message, recordOf(report.error).summary].find(
      (text) => typeof text === "string" && text !== "",
    );
    return { isClean: true, said: `not checked: the registry does not answer (${why ?? "no report"})` };
  }
  if (high + critical === 0) return { isClean: true, said: "no package is known to be weak, high or critical" };
  const named = Object.entries(recordOf(report.vulnerabilities)).filter(([, about]) =>
    ["high", "critical"].includes(String(recordOf(about).severity)),
  );
  const names = named.map(([name, about]) => `${name} (${String(recordOf(about).severity)})`);
  return { isClean: false, said: `${high} high and ${critical} critical findings: ${names.join(", ")}` };
}

function reportIn(output: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(output));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function main(): number {
  const cli = process.env.npm_execpath;
  const asked =
    cli !== undefined && /npm-cli\.c?js$/.test(cli)
      ? spawnSync(process.execPath, [cli, ...ARGS], { encoding: "utf8" })
      : spawnSync("npm", ARGS, { encoding: "utf8", shell: process.platform === "win32" });
  const { isClean, said } = judgeAudit(asked.stdout ?? "");
  console.log(`npm audit: ${said}`);
  return isClean ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
