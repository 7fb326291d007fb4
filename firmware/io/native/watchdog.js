/**
 * Binds watchdog.c: the machine loop under the chip's task watchdog (see watchdog.d.ts). Compiled by xsc alone:
 * `Native` and `native` are its names for what is written in C.
 */
class Watchdog extends Native("xs_watchdog_destructor") {
  constructor() {
    super();
    native("xs_watchdog").call(this);
  }
  get timeoutMs() {
    return native("xs_watchdog_timeout_ms").call(this);
  }
  feed() {
    native("xs_watchdog_feed").call(this);
  }
  close() {
    native("xs_watchdog_close").call(this);
  }
}

export default Watchdog;
