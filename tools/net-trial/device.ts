/**
 * Runs on the SDK's simulator: the device's network side connects to a broker that asks for a client certificate, says
 * its birth, publishes a batch of 8 KiB, gets an order, and traces what happens and how long the bus's machine stood
 * still meanwhile.
 */
import Resource from "Resource";
import Time from "time";
import Timer from "timer";
import Worker from "worker";
import { decodeConfig } from "../../firmware/io/net/config.js";
import { Network } from "../../firmware/io/net/network.js";
import type { Clockwork } from "../../firmware/io/net/sockets.js";
import { WORKER_MEMORY } from "../../firmware/io/net/start-worker.js";

/** How often the bus's machine looks at its clock. */
const LOOK_MS = 5;

class TrialClockwork implements Clockwork {
  nowMs(): number {
    return Time.ticks;
  }
  alarm(): void {}
}

function startTrial(): void {
  const config = decodeConfig(new Uint8Array(new Resource("trial.cbor").slice(0)));
  if (!config.ok) throw new Error("no configuration");
  const startMs = Time.ticks;
  const say = (what: string): void => trace(`TRIAL ${Time.ticks - startMs} ms: ${what}\n`);
  let lastMs = Time.ticks;
  let longestMs = 0;
  Timer.repeat(() => {
    longestMs = Math.max(longestMs, Time.ticks - lastMs);
    lastMs = Time.ticks;
  }, LOOK_MS);
  const { machineId } = config.message;
  const network = new Network({
    config: config.message,
    clockwork: new TrialClockwork(),
    startWorker: (heard) => {
      const worker = new Worker("tools/net-trial/worker", WORKER_MEMORY);
      worker.onmessage = heard;
      return { post: (frame) => worker.postMessage(frame), terminate: () => worker.terminate() };
    },
    deliver: (input) => {
      if (input.on === "network") {
        say(`network ${input.up ? "up" : "down"}, longest stillness ${longestMs} ms`);
        if (input.up) network.publish(`fleet/${machineId}/events`, new Uint8Array(8_192).fill(7), 1);
      } else if (input.on === "message") {
        say(`message ${input.topic}, ${input.payload.length} bytes, longest stillness ${longestMs} ms`);
      } else {
        say(input.on);
      }
    },
  });
  network.announce({
    birth: (connection) => Uint8Array.of(1, connection),
    will: (connection) => Uint8Array.of(0, connection),
  });
  say("announced");
}

startTrial();
