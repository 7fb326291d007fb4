/**
 * What is unusual about the devices of some machines: readers that count in other units than the money's smallest, and
 * a device for another currency. Drawn from a generator of their own, so that all else of a seed stays what it was.
 */
import type { CabinetOptions } from "../bench/cabinet.js";
import type { CardReaderOptions } from "../bench/card-reader-options.js";
import { Rng } from "../bench/rng.js";
import { MONEY, type Money, pick } from "./money.js";
import type { ForeignDevice, RandomMachine } from "./random-machine.js";

/** Of readers, and of machines with something that money does not depend on. */
const OTHER_UNITS_SHARE = 400_000;
const FOREIGN_SHARE = 150_000;
const STRANGERS = 0x57a6e5;
/** A scaling factor is one byte. */
const MAX_FACTOR = 255;

export function withStrangers(machine: RandomMachine, money: Money, seed: number): RandomMachine {
  const rng = new Rng(seed ^ STRANGERS);
  const readers = (machine.options.readers ?? []).map((reader) =>
    reader !== "none" && rng.chance(OTHER_UNITS_SHARE) ? inOtherUnits(reader, rng, money) : reader,
  );
  const options = { ...machine.options, readers };
  const candidates = spareDevices(options);
  if (candidates.length === 0 || !rng.chance(FOREIGN_SHARE)) return { ...machine, options };
  const foreign = pick(rng, candidates);
  const { country } = pick(
    rng,
    MONEY.filter(({ code }) => code !== money.code),
  );
  return { ...machine, options: withForeign(options, foreign, country), foreign };
}

/** Units that every price is a multiple of, told with as many decimals as make a factor of one byte. */
function inOtherUnits(reader: CardReaderOptions, rng: Rng, money: Money): CardReaderOptions {
  const scalingMinor = pick(
    rng,
    [1, 5, 10].filter((unit) => money.step % unit === 0),
  );
  const ways = [money.decimals - 1, money.decimals, money.decimals + 1].flatMap((decimals) => {
    const scalingFactor = scalingMinor * 10 ** (decimals - money.decimals);
    const fits = decimals >= 0 && Number.isInteger(scalingFactor) && scalingFactor <= MAX_FACTOR;
    return fits ? [{ decimals, scalingFactor }] : [];
  });
  return { ...reader, scalingMinor, ...pick(rng, ways) };
}

/** Without which the machine still sells: it has a changer, or a second reader. */
function spareDevices({ changer, validator, readers = [], hoppers = [] }: CabinetOptions): ForeignDevice[] {
  const hasChanger = changer !== "none";
  const validators: ForeignDevice[] = hasChanger && validator !== "none" ? [{ device: "validator", index: 0 }] : [];
  const spare = hasChanger || readers.length > 1 ? readers : [];
  return [
    ...validators,
    ...spare.map((_, index) => ({ device: "reader", index }) as const),
    ...(hasChanger ? hoppers : []).map((_, index) => ({ device: "hopper", index }) as const),
  ];
}

function withForeign(options: CabinetOptions, { device, index }: ForeignDevice, country: number): CabinetOptions {
  const of = <T extends object>(fitted: T | "none", at: number): T | "none" =>
    fitted === "none" || at !== index ? fitted : { ...fitted, country };
  const { validator, readers = [], hoppers = [] } = options;
  if (device === "reader") return { ...options, readers: readers.map(of) };
  if (device === "hopper") return { ...options, hoppers: hoppers.map(of) };
  return validator === undefined ? options : { ...options, validator: of(validator, 0) };
}
