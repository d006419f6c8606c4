/** Figures as people read them, in the terminal and on the page. */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

export const span = (ms: number): string => {
  if (!Number.isFinite(ms)) return "\u2013";
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
};

/** Minor units, without what a sum of a day has no use for. */
export function money({ amount, currency }: { readonly amount: number; readonly currency: string }): string {
  const style = new Intl.NumberFormat("en-US", { style: "currency", currency });
  const digits = style.resolvedOptions().maximumFractionDigits ?? 2;
  return new Intl.NumberFormat("en-US", { style: "currency", currency, maximumFractionDigits: 0 }).format(
    amount / 10 ** digits,
  );
}

/** Of a price of next to nothing the first two digits that say something. */
export const dollars = (value: number | null): string =>
  value === null
    ? "not counted"
    : `$${value.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 9 })}`;

export const events = (value: number | undefined): string => (value === undefined ? "" : `, ${count(value)} events`);

/** `NaN` where there is no /proc to read it from. */
export const percent = (part: number | null): string =>
  part === null || Number.isNaN(part) ? "\u2013" : `${Math.round(part * 100)} %`;
