/** Cuts every story everywhere, twice, a story a worker process at a time. */
import { addExhaustive, type ExhaustiveTally, emptyExhaustiveTally, storyFiles } from "./exhaustive.js";
import { inWorkers } from "./workers.js";

export interface ExhaustiveRun {
  /** Only stories whose file name contains it. */
  readonly story: string | undefined;
  /** Every n-th cut only, in story and recovery alike. */
  readonly stride: number;
  readonly workers: number;
  readonly say: (line: string) => void;
}

export async function runExhaustive({ story, stride, workers, say }: ExhaustiveRun): Promise<ExhaustiveTally> {
  const files = storyFiles().filter((file) => story === undefined || file.includes(story));
  if (files.length === 0) throw new RangeError(`no story's name contains "${story}"`);
  const parts = files.map((file) => JSON.stringify({ file, stride }));
  const tally = emptyExhaustiveTally();
  let done = 0;
  const isTally = (message: unknown): message is ExhaustiveTally => {
    const is = typeof message === "object" && message !== null && "secondCuts" in message && "failed" in message;
    if (is) {
      done += 1;
      say(`${done} of ${files.length} stories done`);
    }
    return is;
  };
  const results = await inWorkers("./exhaustive-worker.js", parts, workers, say, isTally);
  for (const part of results) addExhaustive(tally, part);
  return tally;
}
