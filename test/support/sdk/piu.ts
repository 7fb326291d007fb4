/**
 * Piu as the touch board's start meets it: globals that `piu/MC` brings (Application, Port, Skin, Style), a screen that
 * opens the touch class of the configuration with the application, touches that go to the content they hit, texts that
 * are drawn. Nothing of it may be used after its content was removed.
 */
import type { Timers } from "../../../firmware/io/ecma-419.js";
import { listenAsPiu, type TouchClassInstance } from "../io/piu-touch.js";

/** Pixels a letter is wide. */
const LETTER_PX = 8;

interface PortOptions {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly active: boolean;
  readonly Behavior: new () => Behavior;
}

interface Behavior {
  onDisplaying(content: SimPort): void;
  onDraw(content: SimPort, x: number, y: number, w: number, h: number): void;
  onTouchBegan(content: SimPort, id: number, x: number, y: number): void;
  onTouchEnded(content: SimPort, id: number, x: number, y: number): void;
  onTouchCancelled(content: SimPort): void;
}

export interface DrawnText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

export class SimPiu {
  readonly size: { readonly width: number; readonly height: number };
  readonly application: SimContainer;
  /** Texts of the picture, each where it was drawn last. */
  readonly #texts = new Map<string, DrawnText>();
  /** Application options as given. */
  opened: unknown;
  closeTouch: () => void = () => {};

  /** touchClass: `config.Touch`; absent: a configuration without one. */
  constructor(
    timers: Timers,
    size: SimPiu["size"],
    touchClass: () => (new (options: object) => TouchClassInstance) | undefined,
  ) {
    const piu = this;
    this.size = size;
    this.application = new SimContainer();
    const globals = {
      Skin: class {},
      Style: class {
        measure(text: string): { readonly width: number } {
          return { width: text.length * LETTER_PX };
        }
      },
      Port: class extends SimPort {
        constructor(_data: unknown, options: PortOptions) {
          super(piu, timers, options);
        }
      },
      Application: function open(_data: unknown, options: unknown): SimContainer {
        piu.opened = options;
        const Touch = touchClass();
        if (Touch !== undefined) {
          const touch = new Touch({ onSample: () => {} });
          piu.closeTouch = listenAsPiu(timers, touch, {
            onTouchBegan: (id, x, y) => piu.application.began(id, x, y),
            onTouchMoved: () => {},
            onTouchEnded: (id, x, y) => piu.application.ended(id, x, y),
          });
        }
        return piu.application;
      },
    };
    // the SDK's start has made the screen before
    Object.assign(globalThis, globals, { screen: size });
  }

  drawn(text: DrawnText): void {
    this.#texts.set(`${text.x} ${text.y}`, text);
  }

  cleared(x: number, y: number, w: number, h: number): void {
    for (const [key, text] of this.#texts) {
      if (text.x >= x && text.x < x + w && text.y >= y && text.y < y + h) this.#texts.delete(key);
    }
  }

  /** All that stands on the glass. */
  get texts(): readonly string[] {
    return [...this.#texts.values()].map(({ text }) => text);
  }

  /** Where `text` stands; undefined: nowhere. */
  placeOf(text: string): DrawnText | undefined {
    return [...this.#texts.values()].find((drawn) => drawn.text === text);
  }
}

export class SimContainer {
  readonly contents: SimPort[] = [];
  #hit: SimPort | undefined;

  add(content: SimPort): void {
    this.contents.push(content);
    content.displays();
  }

  remove(content: SimPort): void {
    const at = this.contents.indexOf(content);
    if (at < 0) throw new Error("is not in this container");
    this.contents.splice(at, 1);
    content.removed = true;
    if (this.#hit === content) this.#hit = undefined;
  }

  /** As Piu's: to the content that is hit, if it is active; the end goes to where it began. */
  began(id: number, x: number, y: number): void {
    this.#hit = this.contents.findLast((content) => content.isHit(x, y));
    this.#hit?.behavior.onTouchBegan(this.#hit, id, x, y);
  }

  ended(id: number, x: number, y: number): void {
    this.#hit?.behavior.onTouchEnded(this.#hit, id, x, y);
    this.#hit = undefined;
  }

  cancelled(): void {
    this.#hit?.behavior.onTouchCancelled(this.#hit);
    this.#hit = undefined;
  }
}

export class SimPort {
  readonly options: PortOptions;
  readonly behavior: Behavior;
  removed = false;
  /** What is drawn now: nothing else is touched. */
  #area = { x: 0, y: 0, w: 0, h: 0 };
  readonly #piu: SimPiu;
  readonly #timers: Timers;

  constructor(piu: SimPiu, timers: Timers, options: PortOptions) {
    this.#piu = piu;
    this.#timers = timers;
    this.options = options;
    this.behavior = new options.Behavior();
  }

  displays(): void {
    this.behavior.onDisplaying(this);
  }

  isHit(x: number, y: number): boolean {
    const { left, top, width, height, active } = this.options;
    return active && x >= left && x < left + width && y >= top && y < top + height;
  }

  invalidate(x: number, y: number, w: number, h: number): void {
    this.#check();
    this.#timers.after(0, () => {
      if (this.removed) return;
      this.#area = { x, y, w, h };
      this.behavior.onDraw(this, x, y, w, h);
    });
  }

  fillColor(_color: string, x: number, y: number, w: number, h: number): void {
    this.#check();
    const { x: left, y: top, w: width, h: height } = this.#area;
    const [fromX, fromY] = [Math.max(x, left), Math.max(y, top)];
    this.#piu.cleared(fromX, fromY, Math.min(x + w, left + width) - fromX, Math.min(y + h, top + height) - fromY);
  }

  drawString(text: string, _style: unknown, _color: string, x: number, y: number): void {
    this.#check();
    this.#piu.drawn({ text, x, y });
  }

  #check(): void {
    if (this.removed) throw new Error("content was removed");
  }
}
