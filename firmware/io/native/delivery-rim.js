/**
 * Binds delivery-rim.c: motor, home switch, drop beam and power-fail input on the chip (see delivery-rim.d.ts).
 * Compiled by xsc alone: `Native` and `native` are its names for what is written in C.
 */
class DeliveryRim extends Native("xs_delivery_rim_destructor") {
  constructor(options) {
    super();
    native("xs_delivery_rim").call(this, options);
  }
  turn(column, maxMs, saleNo) {
    native("xs_delivery_rim_turn").call(this, column, maxMs, saleNo);
  }
  stop() {
    native("xs_delivery_rim_stop").call(this);
  }
  emitter(on) {
    native("xs_delivery_rim_emitter").call(this, on);
  }
  read() {
    return native("xs_delivery_rim_read").call(this);
  }
  get homeClosed() {
    return native("xs_delivery_rim_home_closed").call(this);
  }
  get dark() {
    return native("xs_delivery_rim_dark").call(this);
  }
  get mainsFailing() {
    return native("xs_delivery_rim_mains_failing").call(this);
  }
  get stalling() {
    return native("xs_delivery_rim_stalling").call(this);
  }
  get nowUs() {
    return native("xs_delivery_rim_now_us").call(this);
  }
  get eventsLost() {
    return native("xs_delivery_rim_events_lost").call(this);
  }
  close() {
    native("xs_delivery_rim_close").call(this);
  }
}

export default DeliveryRim;
