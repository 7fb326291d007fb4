/** A board that is to claim itself, on a simulated devkit: what it does until then, and its restart. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withCheckDigits } from "../../../shared/claim-code.js";
import { Board, SECRETS } from "./started-board.js";

const test = suite("firmware/esp32 claimed board");

test("a board to be claimed: out of service, its code typed in the menu, a restart once it is claimed", () => {
  const board = new Board();
  const { brokerHost, brokerPort, certificate, ...place } = SECRETS;
  assert.ok(brokerHost !== "" && brokerPort > 0 && certificate.length > 0);
  const { machineId } = board.identity;
  board.claim = { machineId, code: undefined, place: { ...place, doorHost: "door.example", doorPort: 8_443 } };
  board.key.state = "making";
  board.start();
  board.pay();
  board.kit.press("A5");
  board.kit.run(15_000);
  assert.is(board.kit.carrier.cabinet.spirals.turns, 0);
  board.kit.setDoor(true);
  board.kit.run(1_000);
  board.kit.press("#2580#");
  const lines = (): readonly string[] => board.run?.machine.view.menu?.lines ?? [];
  board.kit.press("0");
  assert.match(lines().at(0) ?? "", "Not connected");
  board.kit.press("1");
  assert.is(lines().at(0), "The board makes its key");
  board.kit.press(`${withCheckDigits("5")}#`);
  assert.equal(board.worker.heard, []);
  board.key.state = "ready";
  board.run?.network.keyIsMade();
  board.kit.run(1_000);
  const codes = (): string[] => board.worker.heard.flatMap((frame) => (frame.frame === "claim" ? [frame.code] : []));
  assert.equal(codes(), [withCheckDigits("5")], "typed before there was a network, told when there was");
  board.worker.say({ frame: "claimNews", state: "expired" });
  board.kit.run(1_000);
  assert.equal(lines().slice(0, 2), ["The code is over", "Get a new code"]);
  board.kit.press("#");
  board.kit.run(1_000);
  // FleetWorker hears without saying so: what follows waits until it has
  board.worker.say({ frame: "heard", what: "claim" });
  board.kit.run(1_000);
  assert.equal(codes(), [withCheckDigits("5"), ""]);
  assert.is(board.kit.restarts, 0);
  board.worker.say({ frame: "claimNews", state: "claimed" });
  board.kit.run(1_000);
  assert.is(board.kit.restarts, 1);
  assert.ok(board.lines.includes("restart: claimed"));
  assert.not(board.lines.some((line) => line.includes(withCheckDigits("5"))));
});

test("a machine that sells meanwhile restarts only when nothing is open", () => {
  const board = new Board();
  const { brokerHost, brokerPort, certificate, ...place } = SECRETS;
  assert.ok(brokerHost !== "" && brokerPort > 0 && certificate.length > 0);
  const { machineId } = board.identity;
  board.claim = { machineId, code: "ABC", place: { ...place, doorHost: "door.example", doorPort: 8_443 } };
  board.epoch = 1;
  board.start();
  board.kit.run(10_000);
  board.kit.changer.insertCoin(25);
  board.kit.run(1_500);
  board.worker.say({ frame: "claimNews", state: "claimed" });
  board.kit.run(5_000);
  assert.is(board.kit.restarts, 0, "somebody's quarter is inside");
  for (let i = 0; i < 3; i++) {
    board.kit.changer.insertCoin(25);
    board.kit.run(1_500);
  }
  board.kit.press("A5");
  board.kit.run(20_000);
  assert.equal([board.kit.carrier.cabinet.spirals.turns, board.kit.restarts], [1, 1]);
});

test.run();
