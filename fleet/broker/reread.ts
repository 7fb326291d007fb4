/**
 * Tells a mosquitto on this machine to read its files again: SIGHUP to the process its `pid_file` names. A pid file may
 * outlive its process and the number be somebody else's by then, whom SIGHUP would end: it is sent to a mosquitto only.
 */
import { access, readFile } from "node:fs/promises";
import { codeOf } from "../store/data-folder.js";

/** `absent`: none runs, and one that starts reads the files anyway. `failed`: it runs, and has not been told. */
export type Reread =
  | { readonly is: "told" }
  | { readonly is: "absent" }
  | { readonly is: "failed"; readonly why: string };

const PROGRAM = "mosquitto";

export async function tellToReread(pidFile: string): Promise<Reread> {
  let text: string;
  try {
    text = await readFile(pidFile, "utf8");
  } catch (error) {
    return codeOf(error) === "ENOENT" ? { is: "absent" } : failed(`${pidFile} cannot be read (${codeOf(error)})`);
  }
  const [, digits] = /^([1-9][0-9]{0,9})\s*$/.exec(text) ?? [];
  if (digits === undefined) return failed(`${pidFile} holds no process id`);
  const pid = Number(digits);
  const name = await programOf(pid);
  if (name === "") return { is: "absent" };
  if (name !== undefined && name !== PROGRAM) return failed(`process ${pid} of ${pidFile} is ${name}, no ${PROGRAM}`);
  try {
    process.kill(pid, "SIGHUP");
    return { is: "told" };
  } catch (error) {
    if (codeOf(error) === "ESRCH") return { is: "absent" };
    return failed(`process ${pid} of ${pidFile} takes no signal from us (${codeOf(error)}): run as its user`);
  }
}

/** Name of the program; empty if there is no such process, undefined where the system does not tell. */
async function programOf(pid: number): Promise<string | undefined> {
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => undefined);
  if (name !== undefined) return name.trim();
  return access("/proc/self/comm").then(
    () => "",
    () => undefined,
  );
}

function failed(why: string): Reread {
  return { is: "failed", why };
}
