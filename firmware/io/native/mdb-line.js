/**
 * Binds mdb-line.c: the nine-bit line of the multi-drop bus on the chip (see mdb-line.d.ts). Compiled by xsc alone:
 * `Native` and `native` are its names for what is written in C.
 */
const INVERT_RECEIVE = 1;
const INVERT_TRANSMIT = 2;

class MdbLine extends Native("xs_mdb_line_destructor") {
  constructor(options) {
    super();
    const { receive, transmit, invertReceive = false, invertTransmit = false, onReadable } = options;
    const inverted = (invertReceive ? INVERT_RECEIVE : 0) | (invertTransmit ? INVERT_TRANSMIT : 0);
    native("xs_mdb_line").call(this, receive, transmit, inverted, onReadable);
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
