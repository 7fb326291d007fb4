/** deepFreeze: through and through, keeps literal types, ends at cycles. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deepFreeze } from "../../shared/freeze.js";

const test = suite("freeze");

test("freezes nested arrays and objects and returns the same object", () => {
  const inner = { list: [1, { deep: true }] };
  const table = deepFreeze(inner);
  assert.is(table, inner);
  assert.ok(Object.isFrozen(inner));
  assert.ok(Object.isFrozen(inner.list));
  assert.ok(Object.isFrozen(inner.list[1]));
  assert.throws(() => inner.list.push(2), TypeError);
});

test("keeps literal types", () => {
  const table = deepFreeze([{ name: "reset", code: 8 }]);
  const name: "reset" = table[0].name;
  assert.is(name, "reset");
});

test("primitives pass, cycles end", () => {
  assert.is(deepFreeze(3), 3);
  assert.is(deepFreeze(null), null);
  const loop: { self?: unknown } = {};
  loop.self = loop;
  assert.ok(Object.isFrozen(deepFreeze(loop)));
});

test.run();
