/** Search, status, sold-out product, tag, place and region: what the fleet list is narrowed by. */
import { useEffect, useState } from "react";
import type { Static } from "typebox";
import type { Location } from "../../api/locations/schema.js";
import type { Overview } from "../../api/overview/schema.js";
import type { Product } from "../../api/products/schema.js";
import type { TagList } from "../../api/tags/schema.js";
import { type FleetFilter, STATUSES } from "./fleet-filter.js";
import { statusWord } from "./pieces.js";
import { useCoalesced } from "./resource.js";

/** Who types is not asked for after each letter. */
const TYPING_MS = 250;

interface FilterBarProps {
  readonly filter: FleetFilter;
  readonly counts: Overview["statuses"] | undefined;
  readonly products: readonly Product[];
  readonly tags: Static<typeof TagList>["tags"];
  readonly places: readonly Location[];
  readonly change: (filter: FleetFilter) => void;
}

export function FilterBar({ filter, counts, products, tags, places, change }: FilterBarProps) {
  const [typed, setTyped] = useState(filter.q ?? "");
  const search = useCoalesced(() => change({ ...filter, q: typed }), TYPING_MS);
  // The address changed under us: back button, or a link.
  useEffect(() => setTyped(filter.q ?? ""), [filter.q]);
  const all = counts === undefined ? undefined : Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <div className="filter-bar">
      <search>
        <label className="unseen" htmlFor="find-machine">
          Find machines by serial number or place
        </label>
        <input
          id="find-machine"
          type="search"
          placeholder="Serial number or place"
          maxLength={200}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            search();
          }}
        />
      </search>
      <fieldset className="filters">
        <legend className="unseen">Show machines by status</legend>
        {[undefined, ...STATUSES].map((choice) => (
          <button
            key={choice ?? "all"}
            type="button"
            aria-pressed={filter.status === choice}
            onClick={() => change({ ...filter, status: choice })}
          >
            {choice === undefined ? "All" : statusWord(choice)}
            <Count count={choice === undefined ? all : counts?.[choice]} />
          </button>
        ))}
      </fieldset>
      <Choice
        name="Sold out"
        none="any or none"
        chosen={filter.soldOut === undefined ? undefined : String(filter.soldOut)}
        options={products.map(({ number, name }) => [String(number), name])}
        choose={(number) => change({ ...filter, soldOut: number === undefined ? undefined : Number(number) })}
      />
      <Choice
        name="Tag"
        none="any or none"
        chosen={filter.tag}
        options={tags.map(({ tag, machines }) => [tag, `${tag} (${machines})`])}
        choose={(tag) => change({ ...filter, tag })}
      />
      <Choice
        name="Place"
        none="any"
        chosen={filter.location}
        options={places.map(({ id, name, region }) => [id, placeWords(name, region)])}
        choose={(location) => change({ ...filter, location })}
      />
      <Choice
        name="Region"
        none="any"
        chosen={filter.region}
        options={regionsOf(places).map((region) => [region, region])}
        choose={(region) => change({ ...filter, region })}
      />
    </div>
  );
}

/** Letters that turn the direction of what follows are left out: nothing within an option keeps two names apart. */
function placeWords(name: string, region: string): string {
  const words = region === "" ? name : `${name}, ${region}`;
  return words.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

function regionsOf(places: readonly Location[]): string[] {
  return [...new Set(places.map(({ region }) => region))].filter((region) => region !== "").sort();
}

interface ChoiceProps {
  readonly name: string;
  /** How it is called that nothing is chosen. */
  readonly none: string;
  readonly chosen: string | undefined;
  /** Value and words. */
  readonly options: readonly (readonly [string, string])[];
  readonly choose: (value: string | undefined) => void;
}

/** Not there where there is nothing to choose. What the address names is shown though it may not be in use any more. */
function Choice({ name, none, chosen, options, choose }: ChoiceProps) {
  if (options.length === 0 && chosen === undefined) return null;
  const isKnown = chosen === undefined || options.some(([value]) => value === chosen);
  return (
    <label className="choice">
      {name}
      <select value={chosen ?? ""} onChange={({ target: { value } }) => choose(value === "" ? undefined : value)}>
        <option value="">{none}</option>
        {isKnown ? null : <option value={chosen}>{chosen}</option>}
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Count({ count }: { readonly count: number | undefined }) {
  return count === undefined ? null : <span className="count">{count.toLocaleString("en")}</span>;
}
