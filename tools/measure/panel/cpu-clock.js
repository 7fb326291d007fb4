/** Binds cpu-clock.c (see cpu-clock.d.ts). Compiled by xsc alone: `native` is its name for what is written in C. */
export function cpuUs() {
  return native("xs_cpu_us").call(this);
}

export function say(line) {
  native("xs_say").call(this, line);
}
