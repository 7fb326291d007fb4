/** The coil that pushes the goods, seen from the front: its far turns behind them, the nearest before them. */

interface SpiralProps {
  readonly part: "back" | "front";
  readonly turning: boolean;
}

const FAR_TURNS = [
  { cy: 66, rx: 21, ry: 15 },
  { cy: 74, rx: 26, ry: 19 },
  { cy: 83, rx: 31, ry: 22 },
] as const;

export function Spiral({ part, turning }: SpiralProps) {
  return (
    <svg
      className={turning ? `coil ${part} turning` : `coil ${part}`}
      viewBox="0 0 80 112"
      preserveAspectRatio="xMidYMax meet"
      aria-hidden="true"
    >
      {part === "back" ? (
        FAR_TURNS.map(({ cy, rx, ry }) => <ellipse key={cy} className="wire" cx="40" cy={cy} rx={rx} ry={ry} />)
      ) : (
        <>
          <path className="wire shade" d="M5 86a35 24 0 0 0 70 0" />
          <path className="wire" d="M5 84a35 24 0 0 0 70 0" />
          <path className="glint" d="M5 84a35 24 0 0 0 70 0" />
        </>
      )}
    </svg>
  );
}
