/** Of the host, for `bench panel`; bound by cpu-clock.js. */

/** Computing time of this thread, microseconds. */
export function cpuUs(): number;

/** A line on the simulator's standard output. */
export function say(line: string): void;
