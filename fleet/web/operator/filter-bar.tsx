/** Search, status and sold-out product: what the fleet list is narrowed by. */
import { useEffect, useState } from "react";
import type { Overview } from "../../api/overview/schema.js";
import type { Product } from "../../api/products/schema.js";
import { type FleetFilter, STATUSES } from "./fleet-filter.js";
import { statusWord } from "./pieces.js";
import { useCoalesced } from "./resource.js";

/** Who types is not asked for after each letter. */
const TYPING_MS = 250;

interface FilterBarProps {
  readonly filter: FleetFilter;
  readonly counts: Overview["statuses"] | undefined;
  readonly products: readonly Product[];
  readonly change: (filter: FleetFilter) => void;
}

export function FilterBar({ filter, counts, products, change }: FilterBarProps) {
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
      {products.length === 0 ? null : (
        <label className="sold-out">
          Sold out
          <select
            value={filter.soldOut ?? ""}
            onChange={({ target: { value } }) =>
              change({ ...filter, soldOut: value === "" ? undefined : Number(value) })
            }
          >
            <option value="">any or none</option>
            {products.map(({ number, name }) => (
              <option key={number} value={number}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function Count({ count }: { readonly count: number | undefined }) {
  return count === undefined ? null : <span className="count">{count.toLocaleString("en")}</span>;
}
