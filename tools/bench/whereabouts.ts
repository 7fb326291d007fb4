/**
 * Things of one kind by the place they are in, with the sum of what they count there: asked at every event of a run.
 */

/** What is kept track of; only `Whereabouts` changes its place. */
export interface Placed<P extends string> {
  readonly id: number;
  place: P;
}

export class Whereabouts<P extends string, T extends Placed<P>> {
  readonly #weigh: (thing: T) => number;
  readonly #places = new Map<P, { readonly things: Set<T>; sum: number }>();

  /** weigh: what one of them adds to the sum of its place. */
  constructor(weigh: (thing: T) => number) {
    this.#weigh = weigh;
  }

  /** One more, where its `place` says. */
  add(thing: T): void {
    const at = this.#at(thing.place);
    at.things.add(thing);
    at.sum += this.#weigh(thing);
  }

  move(thing: T, to: P): void {
    const from = this.#at(thing.place);
    from.things.delete(thing);
    from.sum -= this.#weigh(thing);
    thing.place = to;
    this.add(thing);
  }

  sum(place: P): number {
    return this.#places.get(place)?.sum ?? 0;
  }

  /** In the order they were made. */
  list(place: P): T[] {
    const at = this.#places.get(place);
    return at === undefined || at.things.size === 0 ? [] : [...at.things].sort((left, right) => left.id - right.id);
  }

  #at(place: P): { readonly things: Set<T>; sum: number } {
    let at = this.#places.get(place);
    if (at === undefined) {
      at = { things: new Set(), sum: 0 };
      this.#places.set(place, at);
    }
    return at;
  }
}
