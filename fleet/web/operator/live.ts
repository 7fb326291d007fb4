/**
 * Live changes by server-sent events. Nothing is replayed: whatever was read before it opened may have
 * missed a change, so `onOpen` reads the resources again.
 */
import { useEffect, useRef, useState } from "react";
import type { LiveEvent } from "../../api/events/schema.js";
import { eventsUrl, RequestError, readSession } from "./client.js";
import { useSession } from "./session.js";

export type Link = "connecting" | "live" | "lost";

const EVENT_TYPES: readonly LiveEvent["type"][] = ["sale", "slots", "fault", "state", "telemetry", "alert"];
/** The browser tries again by itself after a break, but not after a refusal. */
const RETRY_MS = 3_000;

/** Follows one machine, or all of them. */
export function useLive(machine: string | undefined, onEvent: (event: LiveEvent) => void, onOpen: () => void): Link {
  const { expire } = useSession();
  const [link, setLink] = useState<Link>("connecting");
  const handlers = useRef({ onEvent, onOpen });
  handlers.current = { onEvent, onOpen };

  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const open = (): void => {
      source = new EventSource(eventsUrl(machine));
      source.onopen = () => {
        setLink("live");
        handlers.current.onOpen();
      };
      source.onerror = () => {
        setLink("lost");
        if (source?.readyState === EventSource.CLOSED) void retry();
      };
      for (const type of EVENT_TYPES) {
        source.addEventListener(type, (message: MessageEvent<string>) => {
          const event: LiveEvent = JSON.parse(message.data);
          handlers.current.onEvent(event);
        });
      }
    };
    const retry = async (): Promise<void> => {
      const status = await readSession().then(
        () => 200,
        (error: unknown) => (error instanceof RequestError ? error.status : 0),
      );
      if (ended) return;
      if (status === 401) expire();
      else timer = setTimeout(open, RETRY_MS);
    };
    open();
    return () => {
      ended = true;
      clearTimeout(timer);
      source?.close();
    };
  }, [machine, expire]);
  return link;
}
