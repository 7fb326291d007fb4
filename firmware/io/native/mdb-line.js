/**
 * Binds mdb-line.c: the nine-bit line of the multi-drop bus on the chip (see mdb-line.d.ts). Compiled by xsc alone:
 * `Native` and `native` are its names for what is written in C.
 */
class MdbLine extends Native("xs_mdb_line_destructor") {
  constructor(options) {
    super();
    native("xs_mdb_line").call(this, options);
  }
  send(block, replyClass, events, ackFirst) {
    return native("xs_mdb_line_send").call(this, block, replyClass, events, ackFirst);
  }
  release() {
    native("xs_mdb_line_release").call(this);
  }
  busReset() {
    native("xs_mdb_line_bus_reset").call(this);
  }
  read() {
    return native("xs_mdb_line_read").call(this);
  }
  counters() {
    return native("xs_mdb_line_counters").call(this);
  }
  close() {
    native("xs_mdb_line_close").call(this);
  }
}

export default MdbLine;
