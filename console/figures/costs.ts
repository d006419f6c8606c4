/** Prices here range from millionths of a dollar to hundreds: as many digits as say something, and no exponent. */
export function dollars(amount: number): string {
  const size = Math.abs(amount);
  const digits = size === 0 || size >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(size)));
  return `${amount < 0 ? "\u2212" : ""}$${size.toFixed(digits)}`;
}

/** What advice is worth: less than a cent a month is about something else than money. */
export function worth(perMonth: number): string {
  if (Math.abs(perMonth) < 0.01) return "costs nothing";
  return perMonth > 0 ? `saves ${dollars(perMonth)} a month` : `costs ${dollars(-perMonth)} a month`;
}
