/**
 * The W5500's register map as data (WIZnet, W5500 datasheet, chapters 2.2, 3 and 4). Every access is a frame: 16 bits
 * of address, a control byte, data. Registers of 16 bits and addresses have their high byte first.
 */
import { deepFreeze } from "../../../../shared/freeze.js";

export const SOCKETS = 8;
/** Memory for all sockets together, each way, and what one may have of it (KiB). */
export const MEMORY_KIB = 16;
export const BUFFER_SIZES_KIB: readonly number[] = deepFreeze([0, 1, 2, 4, 8, 16]);

/** What the version register says of every W5500. */
export const VERSION = 0x04;

/** Control byte: block in bits 7 to 3, bit 2 = write, mode 00 = as long as the chip is selected (§2.2.2). */
export const WRITE = 0x04;
export const COMMON_BLOCK = 0;

export function registerBlock(socket: number): number {
  return 4 * socket + 1;
}

export function transmitBlock(socket: number): number {
  return 4 * socket + 2;
}

export function receiveBlock(socket: number): number {
  return 4 * socket + 3;
}

/** Common registers (§4.1). */
export const COMMON = deepFreeze({
  mode: 0x00,
  gateway: 0x01,
  mask: 0x05,
  hardwareAddress: 0x09,
  address: 0x0f,
  interrupt: 0x15,
  interruptMask: 0x16,
  socketInterrupt: 0x17,
  socketInterruptMask: 0x18,
  retryTime: 0x19,
  retryCount: 0x1b,
  phy: 0x2e,
  version: 0x39,
});
/** All of them at once. */
export const COMMON_BYTES = 0x3a;

export const MODE_RESET = 0x80;
/** Somebody else has our address. */
export const INTERRUPT_CONFLICT = 0x80;
export const PHY_LINK = 0x01;

/** Registers of a socket (§4.2). */
export const SOCKET = deepFreeze({
  mode: 0x00,
  command: 0x01,
  interrupt: 0x02,
  status: 0x03,
  port: 0x04,
  peerAddress: 0x0c,
  peerPort: 0x10,
  receiveKiB: 0x1e,
  transmitKiB: 0x1f,
  transmitFree: 0x20,
  transmitRead: 0x22,
  transmitWrite: 0x24,
  received: 0x26,
  receiveRead: 0x28,
  receiveWrite: 0x2a,
  interruptMask: 0x2c,
});

/** TCP with no delayed acknowledgement; UDP. */
export const SOCKET_MODE = deepFreeze({ tcp: 0x21, udp: 0x02 });

export const COMMAND = deepFreeze({
  open: 0x01,
  connect: 0x04,
  disconnect: 0x08,
  close: 0x10,
  send: 0x20,
  receive: 0x40,
});

export const EVENT = deepFreeze({ connected: 0x01, disconnected: 0x02, received: 0x04, timeout: 0x08, sent: 0x10 });

export const STATUS = deepFreeze({
  closed: 0x00,
  initial: 0x13,
  connecting: 0x15,
  established: 0x17,
  finWait: 0x18,
  closeWait: 0x1c,
  udp: 0x22,
});

/** Before each datagram in a UDP socket's buffer: address, port, length (§3.4). */
export const UDP_HEADER_BYTES = 8;
