/** The parent's side of a flood (flood.ts): one order at a time, each answered. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface FloodPart {
  readonly seed: number;
  readonly machines: number;
  readonly bootUnixMs: number;
}

export type FloodOrder =
  | { readonly do: "aim"; readonly port: number; readonly password: string; readonly pipes: number }
  | { readonly do: "prepare"; readonly each: number; readonly sales: number }
  | {
      readonly do: "run";
      readonly ms: number;
      readonly telemetryEach: number;
      readonly window: number;
      /** Messages a second; 0: as fast as the window lets it. */
      readonly perS: number;
    };

export interface FloodResult {
  readonly sentBatches: number;
  readonly sentTelemetry: number;
  readonly ackedBatches: number;
  /** From the first message to the last ack. */
  readonly ms: number;
  /** From publishing a batch to its ack. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export class FloodProcess {
  readonly #child: ChildProcess;

  constructor(part: FloodPart) {
    const program = fileURLToPath(new URL("./flood.js", import.meta.url));
    this.#child = fork(program, [JSON.stringify(part)], { execArgv: ["--import", "tsx"] });
  }

  async tell(order: Exclude<FloodOrder, { readonly do: "run" }>): Promise<void> {
    await this.#ask(order);
  }

  async run(order: Omit<Extract<FloodOrder, { readonly do: "run" }>, "do">): Promise<FloodResult> {
    const result = await this.#ask({ do: "run", ...order });
    if (result === undefined) throw new Error("the flood told no result");
    return result;
  }

  close(): void {
    this.#child.disconnect();
  }

  #ask(order: FloodOrder): Promise<FloodResult | undefined> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error("the flood ended"));
      this.#child.once("exit", ended);
      this.#child.once("message", (answer: { done: boolean; result?: FloodResult; why?: string }) => {
        this.#child.off("exit", ended);
        if (answer.done) resolve(answer.result);
        else reject(new Error(answer.why));
      });
      this.#child.send(order);
    });
  }
}
