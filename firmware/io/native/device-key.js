/**
 * Binds device-key.c: the RSA-2048 key of this board (see device-key.d.ts). Compiled by xsc alone: `Native` and
 * `native` are its names for what is written in C.
 */
class DeviceKey extends Native("xs_device_key_destructor") {
  constructor(options) {
    super();
    native("xs_device_key").call(this, options);
  }
  get state() {
    return native("xs_device_key_state").call(this);
  }
  publicKey() {
    return native("xs_device_key_public").call(this);
  }
  privateKey() {
    return native("xs_device_key_private").call(this);
  }
  sign(digest) {
    return native("xs_device_key_sign").call(this, digest);
  }
  close() {
    native("xs_device_key_close").call(this);
  }
}

export default DeviceKey;
