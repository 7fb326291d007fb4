/**
 * The machine loop under the chip's task watchdog (watchdog.c): once open, it has to be fed within `timeoutMs`, or the
 * board restarts with the cause "watchdog". The runtime's own feeding (its message loop) does not count for it. Until it
 * is open, the boot loader's watchdog runs on: a board that never comes so far restarts, too.
 */
declare class Watchdog {
  /** Throws if another one is open. */
  constructor();
  readonly timeoutMs: number;
  feed(): void;
  /** Ends the watch, e.g. before a planned restart; a second call does nothing. Every other call after it throws. */
  close(): void;
}

export default Watchdog;
