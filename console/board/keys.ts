/** Up, Down, Home and End go from row to row: the table is one stop of the Tab key, not two hundred. */
export function nextStop(event: KeyboardEvent): void {
  const row = event.target instanceof Element ? event.target.closest("tr") : null;
  const body = row?.parentElement;
  if (!row || !body) return;
  const next = {
    ArrowDown: row.nextElementSibling,
    ArrowUp: row.previousElementSibling,
    Home: body.firstElementChild,
    End: body.lastElementChild,
  }[event.key];
  if (!next) return;
  event.preventDefault();
  next.querySelector<HTMLElement>("button.name")?.focus();
}
