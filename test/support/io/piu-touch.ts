/**
 * How the SDK's screen treats a touch class that follows ECMA-419: the part of build/devices/esp32/setup/piu.js (SDK
 * 8.2.3) that makes one, asks it every 16 ms and tells the application, line for line in its rules.
 */
import type { Timers } from "../../../firmware/io/ecma-419.js";

const EVERY_MS = 16;
const TOUCH_COUNT = 1;

export interface TouchClassInstance {
  sample(): { id: number; x: number; y: number }[] | undefined;
  close(): void;
}

/** Where Piu's application is told of touches. */
export interface TouchContext {
  onTouchBegan(id: number, x: number, y: number): void;
  onTouchMoved(id: number, x: number, y: number): void;
  onTouchEnded(id: number, x: number, y: number): void;
}

/** As the SDK's `set context`: opens the panel, and returns what ends it. */
export function listenAsPiu(timers: Timers, touch: TouchClassInstance, context: TouchContext): () => void {
  const last: ({ x: number; y: number } | undefined)[] = new Array(TOUCH_COUNT);
  const onSample = (): void => {
    const points = touch.sample();
    if (!points) return;
    let mask = (1 << TOUCH_COUNT) - 1;
    for (const { id, x, y } of points) {
      const known = last[id];
      mask ^= 1 << id;
      last[id] = { x, y };
      if (known === undefined) context.onTouchBegan(id, x, y);
      else context.onTouchMoved(id, x, y);
    }
    for (let id = 0; mask > 0; id += 1, mask >>= 1) {
      const known = last[id];
      if ((mask & 1) === 0 || known === undefined) continue;
      last[id] = undefined;
      context.onTouchEnded(id, known.x, known.y);
    }
  };
  const stop = timers.every(EVERY_MS, onSample);
  return () => {
    stop();
    touch.close();
  };
}
