/** The MCP23017: recognised, read back, its pins handed out once, all let go at the end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Expander, type ExpanderOptions } from "../../../firmware/io/expander.js";
import { SimChip } from "../../support/io/chip.js";
import { SimI2CBus } from "../../support/io/i2c.js";
import { Mcp23017 } from "../../support/io/mcp23017.js";

const test = suite("firmware/io expander");
const ADDRESS = 0x20;

function bench(): { bus: SimI2CBus; chip: SimChip; mcp: Mcp23017; options: ExpanderOptions } {
  const chip = new SimChip();
  const bus = new SimI2CBus(chip);
  const mcp = new Mcp23017();
  bus.attach(ADDRESS, mcp);
  return { bus, chip, mcp, options: { io: bus.SMBus, data: 21, clock: 22, hz: 100_000, address: ADDRESS } };
}

test("outputs drive, and are read back as the pins are", () => {
  const { mcp, options } = bench();
  const { DigitalBank } = new Expander(options);
  const bank = new DigitalBank({ pins: 0x0103, mode: DigitalBank.Output });
  assert.is(bank.read(), 0);
  bank.write(0xff01);
  assert.is(mcp.level(0), 1);
  assert.is(mcp.level(1), 0);
  assert.is(mcp.level(8), 1);
  assert.is(mcp.drives(9), undefined);
  assert.is(bank.read(), 0x0101);
  mcp.shorts.set(1, 1);
  assert.is(bank.read(), 0x0103);
});

test("open drains only pull down, inputs are pulled up", () => {
  const { mcp, options } = bench();
  const { DigitalBank } = new Expander(options);
  const rows = new DigitalBank({ pins: 0x0003, mode: DigitalBank.OutputOpenDrain });
  const columns = new DigitalBank({ pins: 0x0300, mode: DigitalBank.InputPullUp });
  assert.is(mcp.drives(0), undefined);
  rows.write(0x0002);
  assert.is(mcp.drives(0), 0);
  assert.is(mcp.drives(1), undefined);
  assert.is(columns.read(), 0x0300);
  mcp.outside = (pin) => (pin === 8 ? 0 : undefined);
  assert.is(columns.read(), 0x0200);
  assert.throws(() => columns.write(0), /can't write input/);
});

test("another chip at its address, or none, is none; one that comes later is as its banks want it", () => {
  const { bus, mcp, options } = bench();
  bus.attach(ADDRESS, { take: () => true, give: () => 0xff });
  const expander = new Expander(options);
  assert.not.ok(expander.renew());
  assert.throws(() => expander.configure(), /unexpected chip/);
  const { DigitalBank } = expander;
  const bank = new DigitalBank({ pins: 0x0001, mode: DigitalBank.Output });
  assert.throws(() => bank.write(1), /unexpected chip/);
  bus.detach(ADDRESS);
  assert.throws(() => bank.read(), /failed/);
  assert.not.ok(expander.renew());
  bus.attach(ADDRESS, mcp);
  assert.is(bank.read(), 1);
  assert.ok(expander.renew());
});

test("bad options: pins in use, no pins, a pin that is an output only, a mode it has not", () => {
  const { chip, options } = bench();
  const expander = new Expander(options);
  assert.throws(() => new Expander(options), /duplicate address/);
  const { DigitalBank } = expander;
  new DigitalBank({ pins: 0x0001, mode: DigitalBank.Output });
  assert.throws(() => new DigitalBank({ pins: 0x0003, mode: DigitalBank.Output }), /in use/);
  assert.throws(() => new DigitalBank({ pins: 0, mode: DigitalBank.Output }), /invalid pins/);
  assert.throws(() => new DigitalBank({ pins: 0x10000, mode: DigitalBank.Output }), /invalid pins/);
  assert.throws(() => new DigitalBank({ pins: 0x0080, mode: DigitalBank.InputPullUp }), /output only/);
  assert.throws(() => new DigitalBank({ pins: 0x0040, mode: DigitalBank.InputPullDown }), /invalid mode/);
  expander.close();
  new chip.Digital({ pin: 21, mode: chip.Digital.Input });
  assert.throws(() => new Expander(options), /in use/);
});

test("close lets every pin go, twice is once, and after it nothing works", () => {
  const { chip, mcp, options } = bench();
  const expander = new Expander(options);
  const { DigitalBank } = expander;
  const bank = new DigitalBank({ pins: 0x0001, mode: DigitalBank.Output });
  bank.write(1);
  const other = new DigitalBank({ pins: 0x0002, mode: DigitalBank.Output });
  other.close();
  other.close();
  assert.throws(() => other.read(), /closed/);
  assert.throws(() => other.write(1), /closed/);
  new DigitalBank({ pins: 0x0002, mode: DigitalBank.Output });
  expander.close();
  expander.close();
  assert.is(mcp.drives(0), undefined);
  assert.throws(() => bank.read(), /closed/);
  assert.throws(() => bank.write(1), /closed/);
  assert.throws(() => new DigitalBank({ pins: 0x0010, mode: DigitalBank.Output }), /closed/);
  assert.throws(() => expander.configure(), /closed/);
  bank.close();
  assert.not.ok(chip.isOwned(21));
});

test("a chip that lost its power is put right again", () => {
  const { mcp, options } = bench();
  const expander = new Expander(options);
  const { DigitalBank } = expander;
  const bank = new DigitalBank({ pins: 0x0001, mode: DigitalBank.Output });
  bank.write(1);
  mcp.reset();
  assert.is(bank.read(), 0);
  assert.ok(expander.renew());
  assert.is(bank.read(), 1);
});

test("who closes an expander that does not answer gets through", () => {
  const { bus, chip, options } = bench();
  const expander = new Expander(options);
  const { DigitalBank } = expander;
  const bank = new DigitalBank({ pins: 0x0001, mode: DigitalBank.Output });
  bus.stuck = true;
  assert.throws(() => bank.write(1), /failed/);
  assert.throws(() => bank.read(), /failed/);
  bank.close();
  expander.close();
  assert.not.ok(chip.isOwned(22));
});

test.run();
