/**
 * The physical truth: every coin, bill and product in the world and where it is. Devices move things, checkers and
 * panels look. The machine under test never sees any of it.
 */
import { CardTruth } from "./card-truth.js";
import { Whereabouts } from "./whereabouts.js";
import type { World } from "./world.js";

/**
 * `customer`: in their hands. `acceptor`: between slot and gate, or jammed there. `chute`: past the gate, on its way
 * to tube or cash box. `cup`: returned or paid out. `operator`: in the service person's hands.
 */
export type CoinPlace = "customer" | "acceptor" | "chute" | "tube" | "hopper" | "cashBox" | "cup" | "operator";
/**
 * `transport`: between mouth and escrow, or jammed there. `mouth` bills count as taken by the customer. `recycler`: to
 * be paid out again.
 */
export type BillPlace = "customer" | "transport" | "escrow" | "stacker" | "recycler" | "operator";
/** `hanging`: released by its spiral and caught by something. */
export type ProductPlace = "operator" | "column" | "hanging" | "falling" | "tray" | "customer";

export interface Coin {
  readonly id: number;
  readonly valueMinor: number;
  place: CoinPlace;
  /** Type of the tube it lies in. */
  tube: number | undefined;
}
export interface Bill {
  readonly id: number;
  readonly valueMinor: number;
  place: BillPlace;
}
export interface Product {
  readonly id: number;
  readonly column: number;
  place: ProductPlace;
}

/** Something moved. `what` names its kind; `tube` where a coin's way ends or begins in one. */
export type TruthEvent =
  | {
      readonly atUs: number;
      readonly what: "coin";
      readonly from: CoinPlace;
      readonly to: CoinPlace;
      readonly coin: Coin;
    }
  | {
      readonly atUs: number;
      readonly what: "bill";
      readonly from: BillPlace;
      readonly to: BillPlace;
      readonly bill: Bill;
    }
  | {
      readonly atUs: number;
      readonly what: "product";
      readonly from: ProductPlace;
      readonly to: ProductPlace;
      readonly product: Product;
    };

/** Sums that checkers use, as they stand: what a world that goes on in another process takes with it. */
export interface TruthTallies {
  readonly flows: readonly (readonly [string, number])[];
  readonly maybeUnreportedCoinsMinor: number;
  readonly maybeUnreportedBillsMinor: number;
  /** Absent = 0. */
  readonly uncountedCoinsMinor?: number;
  readonly phantomCoinsMinor?: number;
  readonly beamPulses: number;
  readonly beamPulsesUncertain: number;
  readonly unseenDrops: number;
  /** Absent = 0. */
  readonly unseenOddDrops?: number;
  readonly overlappingDrops?: number;
  readonly beamlessDrops?: number;
  readonly beamlessOddDrops?: number;
}

export class Truth {
  readonly coins: Coin[] = [];
  readonly bills: Bill[] = [];
  readonly products: Product[] = [];
  /** Cashless money. */
  readonly cards: CardTruth;
  /**
   * Money that lies in the machine and whose report the bus master may never have got: reported without ACK, or not
   * yet reported, when its device lost power or was reset. The ledger may or may not know it.
   */
  maybeUnreportedCoinsMinor = 0;
  /** Bills stacked by order are not among them: the bracket around the order must find out what became of them. */
  maybeUnreportedBillsMinor = 0;
  /** Coins that came out of a hopper beside one that its sensor counted; coins it counted and that did not come. */
  uncountedCoinsMinor = 0;
  phantomCoinsMinor = 0;
  /** Falls through a beam that could see, told to a machine that had power. Overlapping products make one. */
  beamPulses = 0;
  /** Of these, cut short by a self-test or lost to a power cut before the machine was done with them. */
  beamPulsesUncertain = 0;
  /** Products that passed where no powered beam could see them. */
  unseenDrops = 0;
  /** Of these, those that were not the one product of a turn: late, kicked loose, the second of two. */
  unseenOddDrops = 0;
  /** All that fell oddly where there is a beam, seen or not. */
  oddDrops = 0;
  /** Products that passed together with another one: the beam cannot tell. */
  overlappingDrops = 0;
  /** Products of columns without a beam, each the one of a turn; and the odd ones. */
  beamlessDrops = 0;
  beamlessOddDrops = 0;
  readonly #world: World;
  readonly #flows = new Map<string, number>();
  readonly #coinsBy = new Whereabouts<CoinPlace, Coin>((coin) => coin.valueMinor);
  readonly #billsBy = new Whereabouts<BillPlace, Bill>((bill) => bill.valueMinor);
  readonly #productsBy = new Whereabouts<ProductPlace, Product>(() => 1);
  readonly #watchers: ((event: TruthEvent) => void)[] = [];
  #id = 0;

  constructor(world: World) {
    this.#world = world;
    this.cards = new CardTruth(world);
  }

  watch(watcher: (event: TruthEvent) => void): void {
    this.#watchers.push(watcher);
  }

  newCoin(valueMinor: number, place: CoinPlace, tube?: number): Coin {
    const coin: Coin = { id: ++this.#id, valueMinor, place, tube };
    this.coins.push(coin);
    this.#coinsBy.add(coin);
    return coin;
  }

  newBill(valueMinor: number, place: BillPlace): Bill {
    const bill: Bill = { id: ++this.#id, valueMinor, place };
    this.bills.push(bill);
    this.#billsBy.add(bill);
    return bill;
  }

  newProduct(column: number, place: ProductPlace): Product {
    const product: Product = { id: ++this.#id, column, place };
    this.products.push(product);
    this.#productsBy.add(product);
    return product;
  }

  moveCoin(coin: Coin, to: CoinPlace, tube?: number): void {
    const from = coin.place;
    this.#coinsBy.move(coin, to);
    coin.tube = tube;
    this.#count("coin", from, to, coin.valueMinor);
    this.#tell({ atUs: this.#world.nowUs, what: "coin", from, to, coin });
  }

  moveBill(bill: Bill, to: BillPlace): void {
    const from = bill.place;
    this.#billsBy.move(bill, to);
    this.#count("bill", from, to, bill.valueMinor);
    this.#tell({ atUs: this.#world.nowUs, what: "bill", from, to, bill });
  }

  moveProduct(product: Product, to: ProductPlace): void {
    const from = product.place;
    this.#productsBy.move(product, to);
    this.#count("product", from, to, 1);
    this.#tell({ atUs: this.#world.nowUs, what: "product", from, to, product });
  }

  get tallies(): TruthTallies {
    const { maybeUnreportedCoinsMinor, maybeUnreportedBillsMinor } = this;
    const { uncountedCoinsMinor, phantomCoinsMinor, beamPulses, beamPulsesUncertain, unseenDrops } = this;
    const { unseenOddDrops, overlappingDrops, beamlessDrops, beamlessOddDrops } = this;
    const odd = { unseenOddDrops, overlappingDrops, beamlessDrops, beamlessOddDrops };
    const miscounted = { uncountedCoinsMinor, phantomCoinsMinor };
    const money = { maybeUnreportedCoinsMinor, maybeUnreportedBillsMinor, ...miscounted };
    return { flows: [...this.#flows], ...money, beamPulses, beamPulsesUncertain, unseenDrops, ...odd };
  }

  /** Replaces all sums. */
  restoreTallies({ flows, ...sums }: TruthTallies): void {
    this.#flows.clear();
    for (const [key, value] of flows) this.#flows.set(key, value);
    Object.assign(this, sums);
  }

  /** Value of all coins that ever went this way. */
  coinFlowMinor(from: CoinPlace, to: CoinPlace): number {
    return this.#flows.get(`coin ${from} ${to}`) ?? 0;
  }

  billFlowMinor(from: BillPlace, to: BillPlace): number {
    return this.#flows.get(`bill ${from} ${to}`) ?? 0;
  }

  /** Products that ever went this way. */
  productFlow(from: ProductPlace, to: ProductPlace): number {
    return this.#flows.get(`product ${from} ${to}`) ?? 0;
  }

  coinsMinor(place: CoinPlace): number {
    return this.#coinsBy.sum(place);
  }

  billsMinor(place: BillPlace): number {
    return this.#billsBy.sum(place);
  }

  productsAt(place: ProductPlace, column?: number): number {
    if (column === undefined) return this.#productsBy.sum(place);
    return this.#productsBy.list(place).filter((product) => product.column === column).length;
  }

  /** What lies there, oldest thing first. */
  coinsIn(place: CoinPlace): Coin[] {
    return this.#coinsBy.list(place);
  }

  productsIn(place: ProductPlace): Product[] {
    return this.#productsBy.list(place);
  }

  /** What customers ever put into slot and mouth. */
  get insertedMinor(): number {
    return this.coinFlowMinor("customer", "acceptor") + this.billFlowMinor("customer", "transport");
  }

  /** What customers ever got back: refused, returned, paid out. Coins count when they fall into the cup. */
  get gotBackMinor(): number {
    let sum = 0;
    for (const [key, value] of this.#flows) {
      const [what, from, to] = key.split(" ");
      if (what === "coin" && to === "cup" && from !== "customer") sum += value;
      if (what === "bill" && to === "customer" && from !== "operator") sum += value;
    }
    return sum;
  }

  /** Money between the customer's hand and a place where it is decided: in acceptor, chute, transport, escrow. */
  get inMotionMinor(): number {
    const coins = this.coinsMinor("acceptor") + this.coinsMinor("chute");
    return coins + this.billsMinor("transport") + this.billsMinor("escrow");
  }

  #count(what: TruthEvent["what"], from: string, to: string, amount: number): void {
    const key = `${what} ${from} ${to}`;
    this.#flows.set(key, (this.#flows.get(key) ?? 0) + amount);
  }

  #tell(event: TruthEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }
}
