import { memo } from "../ui/memo.tsx";
import { sparkPath } from "../figures/spark.ts";

export const SPARK = { width: 92, height: 24 } as const;

/** The shape of the last half hour. Its numbers are in the row's other cells, so it is decoration to a screen reader. */
export const Sparkline = memo(function Sparkline({ values }: { readonly values: readonly number[] }) {
  const { line, area, last } = sparkPath(values, SPARK);
  return (
    <svg class="spark" viewBox={`0 0 ${SPARK.width} ${SPARK.height}`} aria-hidden="true" focusable="false">
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} />
      {last && <circle class="spark-last" cx={last.x} cy={last.y} r="2" />}
    </svg>
  );
});
