/** The simulated chip keeps to ECMA-419's IO class pattern, or tests of drivers on it would prove nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimChip } from "../../support/io/chip.js";

const test = suite("firmware/io chip classes");

test("a pin belongs to one instance, and is free again when that is closed", () => {
  const { Digital, DigitalBank } = new SimChip();
  const pin = new Digital({ pin: 4, mode: Digital.Output });
  assert.throws(() => new Digital({ pin: 4, mode: Digital.Input }), /in use/);
  assert.throws(() => new DigitalBank({ pins: 0b110000, mode: DigitalBank.Output }), /in use/);
  pin.close();
  pin.close();
  const bank = new DigitalBank({ pins: 0b110000, mode: DigitalBank.Output });
  assert.throws(() => new Digital({ pin: 5, mode: Digital.Input }), /in use/);
  bank.close();
  bank.close();
  new Digital({ pin: 5, mode: Digital.Input });
});

test("bad options are refused, and nothing is held afterwards", () => {
  const chip = new SimChip();
  const { Digital, DigitalBank } = chip;
  assert.throws(() => new Digital({ pin: 40, mode: Digital.Input }), /invalid pin/);
  assert.throws(() => new Digital({ pin: 4, mode: 7 }), /invalid mode/);
  assert.throws(() => new Digital({ pin: 34, mode: Digital.Output }), /input only/);
  const onReadable = (): void => {};
  assert.throws(() => new Digital({ pin: 4, mode: Digital.Input, edge: 0, onReadable }), /invalid edges/);
  assert.throws(() => new DigitalBank({ pins: 0, mode: DigitalBank.Output }), /invalid pin/);
  assert.throws(() => new DigitalBank({ pins: 16, mode: 7 }), /invalid mode/);
  assert.not.ok(chip.isOwned(4));
});

test("inputs are read, outputs written, and neither the other way round; nothing after close", () => {
  const chip = new SimChip();
  const { Digital, DigitalBank } = chip;
  const input = new Digital({ pin: 4, mode: Digital.InputPullUp });
  assert.is(input.read(), 1);
  chip.outside(4, 0);
  assert.is(input.read(), 0);
  assert.throws(() => input.write(1), /can't write input/);
  input.close();
  assert.throws(() => input.read(), /closed/);
  const lines = new DigitalBank({ pins: 0b11000000000000, mode: DigitalBank.InputPullDown });
  chip.outside(13, 1);
  assert.is(lines.read(), 1 << 13);
  assert.throws(() => lines.write(0), /can't write input/);
  const drain = new DigitalBank({ pins: 1 << 5, mode: DigitalBank.OutputOpenDrain });
  drain.write(1 << 5);
  assert.is(chip.driven(5), undefined);
  drain.write(0);
  assert.is(chip.driven(5), 0);
  assert.throws(() => drain.read(), /can't read output/);
  drain.close();
  assert.throws(() => drain.write(0), /closed/);
});

test("edges are told from the loop, those of one moment together, none after close", () => {
  const chip = new SimChip();
  const { Digital } = chip;
  let told = 0;
  const onReadable = (): void => {
    told += 1;
  };
  const pin = new Digital({ pin: 4, mode: Digital.Input, edge: Digital.Rising, onReadable });
  chip.outside(4, 1);
  chip.outside(4, 0);
  chip.outside(4, 1);
  assert.is(told, 0);
  chip.world.runFor(1);
  assert.is(told, 1);
  chip.outside(4, 0);
  chip.world.runFor(1);
  assert.is(told, 1, "only rising edges were asked for");
  chip.outside(4, 1);
  pin.close();
  chip.world.runFor(1);
  assert.is(told, 1);
});

test.run();
