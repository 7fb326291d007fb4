/**
 * The physical truth: every coin, bill and product in the world and where it is. Devices move things, checkers and
 * panels look. The machine under test never sees any of it.
 */
import { CardTruth } from "./card-truth.js";
import type { World } from "./world.js";

/**
 * `customer`: in their hands. `acceptor`: between slot and gate, or jammed there. `chute`: past the gate, on its way
 * to tube or cash box. `cup`: returned or paid out. `operator`: in the service person's hands.
 */
export type CoinPlace = "customer" | "acceptor" | "chute" | "tube" | "cashBox" | "cup" | "operator";
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
  readonly beamPulses: number;
  readonly beamPulsesUncertain: number;
  readonly unseenDrops: number;
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
  /** Falls through a beam that could see, told to a machine that had power. Overlapping products make one. */
  beamPulses = 0;
  /** Of these, cut short by a self-test or lost to a power cut before the machine was done with them. */
  beamPulsesUncertain = 0;
  /** Products that passed where no powered beam could see them. */
  unseenDrops = 0;
  readonly #world: World;
  readonly #flows = new Map<string, number>();
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
    return coin;
  }

  newBill(valueMinor: number, place: BillPlace): Bill {
    const bill: Bill = { id: ++this.#id, valueMinor, place };
    this.bills.push(bill);
    return bill;
  }

  newProduct(column: number, place: ProductPlace): Product {
    const product: Product = { id: ++this.#id, column, place };
    this.products.push(product);
    return product;
  }

  moveCoin(coin: Coin, to: CoinPlace, tube?: number): void {
    const from = coin.place;
    coin.place = to;
    coin.tube = tube;
    this.#count("coin", from, to, coin.valueMinor);
    this.#tell({ atUs: this.#world.nowUs, what: "coin", from, to, coin });
  }

  moveBill(bill: Bill, to: BillPlace): void {
    const from = bill.place;
    bill.place = to;
    this.#count("bill", from, to, bill.valueMinor);
    this.#tell({ atUs: this.#world.nowUs, what: "bill", from, to, bill });
  }

  moveProduct(product: Product, to: ProductPlace): void {
    const from = product.place;
    product.place = to;
    this.#count("product", from, to, 1);
    this.#tell({ atUs: this.#world.nowUs, what: "product", from, to, product });
  }

  get tallies(): TruthTallies {
    const { maybeUnreportedCoinsMinor, maybeUnreportedBillsMinor } = this;
    const { beamPulses, beamPulsesUncertain, unseenDrops } = this;
    const money = { maybeUnreportedCoinsMinor, maybeUnreportedBillsMinor };
    return { flows: [...this.#flows], ...money, beamPulses, beamPulsesUncertain, unseenDrops };
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
    let sum = 0;
    for (const coin of this.coins) if (coin.place === place) sum += coin.valueMinor;
    return sum;
  }

  billsMinor(place: BillPlace): number {
    let sum = 0;
    for (const bill of this.bills) if (bill.place === place) sum += bill.valueMinor;
    return sum;
  }

  productsAt(place: ProductPlace, column?: number): number {
    let count = 0;
    for (const product of this.products) {
      if (product.place === place && (column === undefined || product.column === column)) count += 1;
    }
    return count;
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
