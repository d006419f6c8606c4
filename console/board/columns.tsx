import { type Arrangement, isAscending, type Sort } from "../figures/arrange.ts";
import { Icon } from "../ui/icon.tsx";

interface Column {
  readonly sort: Sort | null;
  readonly title: string;
  readonly kind: string;
}

const COLUMNS: readonly Column[] = [
  { sort: "trend", title: "#", kind: "rank" },
  { sort: "name", title: "Product", kind: "product" },
  { sort: null, title: "30 min", kind: "activity" },
  { sort: "views", title: "Views", kind: "number views" },
  { sort: "adds", title: "Adds", kind: "number adds" },
  { sort: "orders", title: "Orders", kind: "number orders" },
  { sort: "revenue", title: "Revenue", kind: "number revenue" },
  { sort: "conversion", title: "Conversion", kind: "number conversion" },
  { sort: "stock", title: "Stock", kind: "number stock" },
];

interface ColumnsProps {
  readonly arrangement: Arrangement;
  readonly onChoose: (sort: Sort) => void;
}

export function Columns({ arrangement, onChoose }: ColumnsProps) {
  const isUp = isAscending(arrangement);
  return (
    <thead>
      <tr>
        {COLUMNS.map(({ sort, title, kind }) =>
          sort === null ? (
            <th key={title} scope="col" class={kind}>
              {title}
              <span class="unseen"> of activity</span>
            </th>
          ) : (
            <th
              key={title}
              scope="col"
              class={kind}
              aria-sort={arrangement.sort === sort ? (isUp ? "ascending" : "descending") : undefined}
            >
              <button type="button" class="sort" onClick={() => onChoose(sort)}>
                {title}
                {sort === "trend" && <span class="unseen"> by trend</span>}
                {arrangement.sort === sort && <Icon name={isUp ? "rise" : "fall"} />}
              </button>
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}
