/** When to stop: at a signal, or when the process that started us is gone. A second Ctrl+C means now. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const PARENT_EVERY_MS = 500;
/** One press of Ctrl+C can arrive twice, by the terminal and by npm; what comes later is another press. */
const SAME_PRESS_MS = 1_500;
/** 128 + SIGINT, as shells say it. */
const EXIT_INTERRUPTED = 130;

/** Aborts at the first reason to stop; a second Ctrl+C ends the process at once. */
export function stopRequests(): AbortSignal {
  const control = new AbortController();
  let firstMs = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      const again = control.signal.aborted && performance.now() - firstMs > SAME_PRESS_MS;
      if (again && name === "SIGINT") process.exit(EXIT_INTERRUPTED);
      if (!control.signal.aborted) firstMs = performance.now();
      control.abort();
    });
  }
  // Killed with -9, a parent can tell nobody: without this the service would live on, and so would its ports.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) control.abort();
  }, PARENT_EVERY_MS);
  watch.unref();
  return control.signal;
}

export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
