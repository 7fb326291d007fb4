/** What `npm run firmware` understands, and what it says to what it does not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_LIMIT_S, HELP, MAX_LIMIT_S, readArguments } from "../../../tools/firmware/arguments.js";

const test = suite("arguments of npm run firmware");

test("builds for the simulator and for each board", () => {
  const quiet = { out: undefined, json: false, verbose: false };
  assert.equal(readArguments(["build", "lin"]), {
    do: "build",
    target: { platform: "lin", debug: false },
    ...quiet,
  });
  assert.equal(readArguments(["build", "esp32"]), {
    do: "build",
    target: { platform: "esp32", board: "devkit", debug: false },
    ...quiet,
  });
  assert.equal(readArguments(["build", "esp32", "--board", "touch", "--debug", "--out", "x", "--json", "-v"]), {
    do: "build",
    target: { platform: "esp32", board: "touch", debug: true },
    out: "x",
    json: true,
    verbose: true,
  });
});

test("simulates, as told", () => {
  assert.equal(readArguments(["simulate"]), {
    do: "simulate",
    headless: false,
    byHand: false,
    screenshot: undefined,
    limitS: DEFAULT_LIMIT_S,
    out: undefined,
    json: false,
    verbose: false,
  });
  const order = readArguments(["simulate", "--headless", "--screenshot", "a.png", "--limit", "60"]);
  assert.equal(order.do === "simulate" && [order.headless, order.screenshot, order.limitS], [true, "a.png", 60]);
});

test("tells what there is when asked, or asked for nothing", () => {
  assert.is(readArguments([]).do, "help");
  assert.is(readArguments(["build", "lin", "--help"]).do, "help");
  for (const word of ["build lin", "build esp32", "simulate", "devkit", "touch", "Exit code"]) {
    assert.ok(HELP.includes(word), word);
  }
});

test("refuses the rest in a sentence that says where to read on", () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["flash"], /^There is no "flash"\./],
    [["build"], /^Build for what: lin or esp32\?/],
    [["build", "win"], /^There is no firmware for "win"/],
    [["build", "lin", "esp32"], /^"esp32" is too much\./],
    [["build", "lin", "--board", "touch"], /^--board is of esp32/],
    [["build", "esp32", "--board", "mega"], /^There is no board "mega"; there are devkit and touch\./],
    [["build", "lin", "--headless"], /^--headless is of simulate/],
    [["simulate", "--debug"], /^--debug is of build/],
    [["simulate", "lin"], /^"lin" is too much\./],
    [["simulate", "--limit", "0"], /^--limit takes whole seconds/],
    [["simulate", "--limit", "1.5"], /^--limit takes whole seconds/],
    [["simulate", "--limit", String(MAX_LIMIT_S + 1)], /^--limit takes whole seconds/],
    [["simulate", "--screenshot"], /--screenshot/],
    [["build", "lin", "--out", ""], /^--out takes a folder\./],
    [["build", "--nothing"], /--nothing/],
  ];
  for (const [args, sentence] of cases) {
    const order = readArguments(args);
    assert.is(order.do, "refuse", args.join(" "));
    if (order.do !== "refuse") continue;
    assert.match(order.why, sentence);
    assert.ok(order.why.endsWith("npm run firmware -- --help says what there is."), order.why);
  }
});

test.run();
