/** Ingest's ports with the marks on them: what was committed, told and heard is marked for the rules, afterwards. */
import type { WorkerPorts } from "../ingest/worker.js";
import type { Marks } from "./marks.js";

export function markedPorts(ports: WorkerPorts, marks: Marks): WorkerPorts {
  return {
    ...ports,
    book: async (jobs, nowMs) => {
      const booked = await ports.book(jobs, nowMs);
      marks.ended(
        jobs.flatMap(({ serial }, index) => {
          const outcome = booked.outcomes[index];
          return outcome === undefined ? [] : [{ serial, ...outcome }];
        }),
      );
      for (const { serial, batch } of jobs) {
        marks.booked(
          serial,
          batch.records.map(({ code }) => code),
        );
      }
      return booked;
    },
    presence: async (items) => {
      const states = await ports.presence(items);
      marks.presence(states);
      return states;
    },
    announce: (changes) => {
      marks.committed(changes);
      ports.announce(changes);
    },
    announceTelemetry: (items, stored) => {
      const { changed, owners } = stored;
      marks.states(changed);
      for (const { serial, message, receivedMs } of items) {
        const operatorId = owners.get(serial);
        if (operatorId !== undefined) marks.telemetry(serial, operatorId, message, receivedMs);
      }
      ports.announceTelemetry(items, stored);
    },
  };
}
