/**
 * The self-test of the service menu: the board's ports as it finds them, and what is the machine's while it runs: each
 * device on the bus, the beam, the ledger, the network. One line a port. Turns nothing and moves no money.
 */
import type { Finding } from "../../shared/self-test-texts.js";
import type { DeliveryState } from "../delivery/state.js";
import type { BusState } from "../mdb/bus.js";
import type { SelfTestReport } from "../panel/menu-state.js";
import type { SelfTestPort } from "../ports/hardware.js";
import type { Rooms } from "./rooms.js";

export interface SelfTestSubjects {
  readonly port: SelfTestPort | undefined;
  readonly rooms: Rooms;
  readonly bus: BusState;
  readonly delivery: DeliveryState;
  readonly networkUp: boolean;
}

export function selfTestReport(subjects: SelfTestSubjects): SelfTestReport {
  const { port, rooms, bus, delivery, networkUp } = subjects;
  const findings: Finding[] = [...(port?.look() ?? []), beam(delivery), ...devices(bus), ledger(rooms)];
  findings.push(
    networkUp ? { part: "network", saw: "connected" } : { part: "network", saw: "none", cure: "sells on, tells later" },
  );
  return { findings, bad: findings.filter(({ cure }) => cure !== undefined).length };
}

/** The rim looks for foreign light all the time. */
function beam({ beam: { dark, glare }, blindUntilMs }: DeliveryState): Finding {
  const part = "beam";
  if (glare) return { part, saw: "foreign light", cure: "shade the receiver" };
  if (dark) return { part, saw: "dark", cure: "clear the chute, wipe its windows" };
  if (blindUntilMs !== undefined) return { part, saw: "failed its last trial", cure: "make a test vend" };
  return { part, saw: "lit" };
}

function devices(bus: BusState): readonly Finding[] {
  if (bus.phase === "off") return [{ part: "MDB", saw: "not started", cure: "shut the door and open it again" }];
  return bus.seats.map(({ name }): Finding => {
    const part = `MDB ${name}`;
    if (bus[name].contact.told === "ready") return { part, saw: "answers" };
    return { part, saw: "silent", cure: "its plug, its supply, the two pairs of the bus crossed" };
  });
}

function ledger({ ledger: { state, newestSeq, mark } }: Rooms): Finding {
  const values = [newestSeq, newestSeq - mark];
  const finding = { part: "ledger", saw: "{} records, {} not yet at the fleet", values } as const;
  if (state.stands === "unclaimed") return { ...finding, cure: "it has no epoch: claim it" };
  if (state.stands !== undefined || state.stateLost)
    return { ...finding, cure: "this flash belongs to another machine" };
  return state.unreadable === 0 ? finding : { ...finding, cure: "its flash wears out: replace the board" };
}
