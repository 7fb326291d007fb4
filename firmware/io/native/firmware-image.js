/**
 * Binds firmware-image.c: the running image confirmed or rolled back, the next one written (see firmware-image.d.ts).
 * Compiled by xsc alone: `Native` and `native` are its names for what is written in C.
 */
export function imageState() {
  return native("xs_image_state").call(this);
}

export function imageVersion() {
  return native("xs_image_version").call(this);
}

export function confirmImage() {
  return native("xs_image_confirm").call(this);
}

export function rollBackImage() {
  return native("xs_image_roll_back").call(this);
}

class ImageWriter extends Native("xs_image_writer_destructor") {
  constructor(resumeAt) {
    super();
    native("xs_image_writer").call(this, resumeAt);
  }
  get slotBytes() {
    return native("xs_image_writer_slot_bytes").call(this);
  }
  get position() {
    return native("xs_image_writer_position").call(this);
  }
  write(bytes) {
    return native("xs_image_writer_write").call(this, bytes);
  }
  read(offset, length) {
    return native("xs_image_writer_read").call(this, offset, length);
  }
  complete() {
    return native("xs_image_writer_complete").call(this);
  }
  close() {
    native("xs_image_writer_close").call(this);
  }
}

export { ImageWriter };
