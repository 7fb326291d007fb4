/** What the chip alone knows (chip.c): why the board started, its restart, its memory, its noise, its address. */

/**
 * Brown-out counts as `power`. A restart that nobody ordered through `restart`, and a panic, are `assert`: an exception
 * that nobody caught ends so.
 */
export function restartCause(): "power" | "reset" | "watchdog" | "assert" | "order";

/** An ordered restart: the next cause is `order`. Does not return. */
export function restart(): never;

/** Free heap outside XS, in internal memory. */
export function freeBytes(): number;

/** 1 to 256 random bytes of the hardware's noise source; true noise only while a radio runs, else a seeded generator. */
export function random(length: number): ArrayBuffer;

/** The factory's hardware address (MAC) of the board, 6 bytes. */
export function hardwareAddress(): ArrayBuffer;
