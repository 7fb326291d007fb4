/** Modules that a test stands in for, and what each exports: of the SDK, and of ours those in native C. */
type Exports = { readonly [name: string]: readonly string[] | undefined };

const DEFAULT: readonly string[] = Object.freeze(["default"]);

export const SDK_MODULES: Exports = Object.freeze({
  "embedded:io/digital": DEFAULT,
  "embedded:io/i2c": DEFAULT,
  "embedded:io/serial": DEFAULT,
  "embedded:io/spi": DEFAULT,
  "embedded:io/socket/tcp": DEFAULT,
  "embedded:io/socket/udp": DEFAULT,
  "embedded:storage/flash": DEFAULT,
  "embedded:storage/key-value": DEFAULT,
  "mc/config": DEFAULT,
  crypt: Object.freeze(["Digest"]),
  modules: DEFAULT,
  net: DEFAULT,
  "piu/MC": Object.freeze([]),
  pkcs1_5: DEFAULT,
  pkcs8: DEFAULT,
  qrcode: DEFAULT,
  rng: DEFAULT,
  "ssl/ciphersuites": DEFAULT,
  "ssl/handshake": DEFAULT,
  "ssl/session": DEFAULT,
  time: DEFAULT,
  timer: DEFAULT,
  worker: DEFAULT,
});

export const NATIVE_MODULES: Exports = Object.freeze({
  chip: Object.freeze(["freeBytes", "hardwareAddress", "random", "restart", "restartCause"]),
  "delivery-rim": DEFAULT,
  "device-key": DEFAULT,
  "firmware-image": Object.freeze(["ImageWriter", "confirmImage", "imageState", "imageVersion", "rollBackImage"]),
  "mdb-line": DEFAULT,
  watchdog: DEFAULT,
});
