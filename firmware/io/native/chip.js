/**
 * Binds chip.c: why the board started, its restart, its memory and its noise (see chip.d.ts). Compiled by xsc alone:
 * `native` is its name for what is written in C.
 */
export function restartCause() {
  return native("xs_chip_restart_cause").call(this);
}

export function restart() {
  native("xs_chip_restart").call(this);
}

export function freeBytes() {
  return native("xs_chip_free_bytes").call(this);
}

export function random(length) {
  return native("xs_chip_random").call(this, length);
}

export function hardwareAddress() {
  return native("xs_chip_hardware_address").call(this);
}
