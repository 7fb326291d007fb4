/** What a page reads from the service: loading, failed or ready; what was read stays shown while it is read again. */
import { useCallback, useEffect, useRef, useState } from "react";
import { RequestError } from "./client.js";
import { useSession } from "./session.js";

export interface Resource<T> {
  readonly data: T | undefined;
  /** Why the last reading failed; undefined after a good one. */
  readonly problem: string | undefined;
  /** 404: there is no such thing. */
  readonly missing: boolean;
  readonly loading: boolean;
  /** Reads again now. */
  readonly reload: () => void;
  /** Changes what is shown by what came live. */
  readonly update: (change: (data: T) => T) => void;
}

/** Reads at once and again whenever `key` changes. A session that has ended is told to the page. */
export function useResource<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const { expire } = useSession();
  const [shown, setShown] = useState<{ readonly key: string; readonly data: T }>();
  const [failure, setFailure] = useState<RequestError>();
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const reader = useRef(read);
  reader.current = read;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks for the same reading once more
  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    reader.current(abort.signal).then(
      (data) => {
        if (abort.signal.aborted) return;
        setShown({ key, data });
        setFailure(undefined);
        setLoading(false);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const failed = error instanceof RequestError ? error : new RequestError(0, "unknown", String(error));
        if (failed.status === 401) expire();
        setFailure(failed);
        setLoading(false);
      },
    );
    return () => abort.abort();
  }, [key, turn, expire]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const update = useCallback((change: (data: T) => T) => {
    setShown((before) => (before === undefined ? before : { key: before.key, data: change(before.data) }));
  }, []);
  const data = shown?.key === key ? shown.data : undefined;
  return { data, problem: failure?.message, missing: failure?.status === 404, loading, reload, update };
}

/** A function that, however often called, runs `work` at most once per `everyMs`, the last call included. */
export function useCoalesced(work: () => void, everyMs: number): () => void {
  const latest = useRef(work);
  latest.current = work;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, everyMs);
  }, [everyMs]);
}

/**
 * Calls `work` every `everyMs`, and at once when the page comes back into sight: phones stop its clock meanwhile.
 * Undefined: no more.
 */
export function useEvery(work: () => void, everyMs: number | undefined): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const look = (): void => {
      if (document.visibilityState === "visible") latest.current();
    };
    const timer = setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [everyMs]);
}

/** The present, renewed every `everyMs`: for "5 min ago". */
export function useNow(everyMs = 5_000): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

/** True while the screen fits `media`. */
export function useMedia(media: string): boolean {
  const [fits, setFits] = useState(() => matchMedia(media).matches);
  useEffect(() => {
    const list = matchMedia(media);
    const follow = (): void => setFits(list.matches);
    follow();
    list.addEventListener("change", follow);
    return () => list.removeEventListener("change", follow);
  }, [media]);
  return fits;
}
