import { useCallback, useEffect, useState } from "preact/hooks";
import type { Answer } from "../access/api.ts";
import { refusedChange, refusedPanel } from "../access/refusal.ts";
import { dollars, worth } from "../figures/costs.ts";
import type { OperatorProps } from "./drawer.tsx";

/** `GET /admin/v1/costs` and `GET /admin/v1/advice`, as much of them as is shown here. */
interface CostsBody {
  readonly per_order: { readonly dollars: number } | null;
  readonly per_1000_events: { readonly dollars: number } | null;
  readonly dollars_per_month: number;
}

interface AdviceBody {
  readonly data: readonly {
    readonly id: string;
    readonly title: string;
    readonly why: string;
    readonly trade: string;
    readonly safe: boolean;
    readonly saves_dollars_per_month: number;
  }[];
  readonly settings: readonly {
    readonly name: string;
    readonly value: number;
    readonly applied?: { readonly advice: string };
  }[];
}

/** What the shop costs at list prices, what would be cheaper, and what is in force because of it. */
export function Costs({ api }: OperatorProps) {
  const [costs, setCosts] = useState<Answer<CostsBody> | null>(null);
  const [advice, setAdvice] = useState<Answer<AdviceBody> | null>(null);
  const [refused, setRefused] = useState("");
  const load = useCallback(async () => setAdvice(await api.get("advice")), [api]);
  useEffect(() => {
    void api.get<CostsBody>("costs").then(setCosts);
    void load();
  }, [api, load]);
  const ask = async (id: string, what: "apply" | "revert"): Promise<void> => {
    const answer = await api.send("POST", `advice/${id}/${what}`);
    setRefused(answer.ok ? "" : refusedChange(answer.refusal));
    await load();
  };
  if (!costs) return <p class="soft">Adding up</p>;
  if (!costs.ok) return <p class="failed">{refusedPanel(costs.refusal)}</p>;
  const { per_order: order, per_1000_events: events, dollars_per_month: month } = costs.value;
  const { data = [], settings = [] } = advice?.ok ? advice.value : {};
  const price = (bill: { readonly dollars: number } | null): string => (bill ? dollars(bill.dollars) : "\u2013");
  return (
    <>
      <p>
        {price(order)} an order, {price(events)} for 1,000 events, {dollars(month)} a month at the pace of the last day,
        at list prices.
      </p>
      {settings.map(
        ({ name, value, applied }) =>
          applied && (
            <p key={name}>
              <code>{name}</code> is {value}, as advised.{" "}
              <button type="button" onClick={() => void ask(applied.advice, "revert")}>
                Take it back
              </button>
            </p>
          ),
      )}
      {data.map(({ id, title, why, trade, safe, saves_dollars_per_month: saves }) => (
        <details key={id}>
          <summary>
            {title}: {worth(saves)}
          </summary>
          <p>{why}</p>
          <p class="soft">{trade}</p>
          {safe && (
            <button type="button" onClick={() => void ask(id, "apply")}>
              Apply
            </button>
          )}
        </details>
      ))}
      {refused !== "" && (
        <p class="failed" role="alert">
          {refused}
        </p>
      )}
    </>
  );
}
