import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { stripVTControlCharacters, styleText } from "node:util";
import { count, money, span } from "./format.ts";
import { clockAt, DAY_HOURS, phaseAt } from "./shape.ts";
import { type Moment, STALE_MS } from "./watch.ts";

const PLAIN_EVERY_MS = 5_000;
const REDRAW_EVERY_MS = 450;
const BARS = "▁▂▃▄▅▆▇█";
const FULL = "█";
const PARTS = " ▏▎▍▌▋▊▉";
const LABEL_CHARS = 11;
const CHART_CHARS = 60;

export interface Screen {
  readonly stream: NodeJS.WriteStream;
  readonly dayMs: number;
  readonly orders: number;
}

/** The day as it goes: one block that is drawn again and again on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #screen: Screen;
  readonly #perSlot: number[] = Array.from({ length: CHART_CHARS }, () => 0);
  #slot = 0;
  #lines = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #rates: { readonly at: number; readonly accepted: number; readonly events: number }[] = [];

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** A sentence that stays. */
  say(text: string): void {
    this.#wipe();
    this.#screen.stream.write(`${text}\n`);
  }

  show(moment: Moment): void {
    const { stream, dayMs } = this.#screen;
    const { at, counts } = moment;
    this.#slot = Math.min(CHART_CHARS - 1, Math.floor((at / dayMs) * CHART_CHARS));
    const before = this.#rates.at(-1)?.accepted ?? 0;
    this.#perSlot[this.#slot] = (this.#perSlot[this.#slot] ?? 0) + counts.accepted - before;
    this.#rates.push({ at, accepted: counts.accepted, events: counts.events_acknowledged });
    const pauseMs = stream.isTTY ? REDRAW_EVERY_MS : PLAIN_EVERY_MS;
    if (at - this.#drawnAt < pauseMs) return;
    this.#drawnAt = at;
    if (stream.isTTY) this.#draw(moment);
    else stream.write(`${plainLine(moment, this.#screen, this.#rate("accepted"))}\n`);
  }

  /** Per second, of the last three seconds. */
  #rate(what: "accepted" | "events"): number {
    const last = this.#rates.at(-1);
    const first = this.#rates.findLast(({ at }) => at <= (last?.at ?? 0) - 3_000) ?? this.#rates[0];
    if (!last || !first || last.at === first.at) return 0;
    return ((last[what] - first[what]) / (last.at - first.at)) * 1_000;
  }

  #draw(moment: Moment): void {
    const { stream } = this.#screen;
    const rates = { orders: this.#rate("accepted"), events: this.#rate("events") };
    const lines = blockOf(moment, this.#screen, rates, this.#perSlot.slice(0, this.#slot + 1));
    this.#wipe();
    // What a narrow terminal would wrap could not be wiped by its number of lines.
    const fitting = lines.map((line) => fit(line, stream.columns || 80));
    stream.write(`${fitting.join("\n")}\n`);
    this.#lines = lines.length;
  }

  #wipe(): void {
    if (this.#lines === 0) return;
    const { stream } = this.#screen;
    moveCursor(stream, 0, -this.#lines);
    cursorTo(stream, 0);
    clearScreenDown(stream);
    this.#lines = 0;
  }
}

const hourOf = ({ at }: Moment, { dayMs }: Screen): number => (at / dayMs) * DAY_HOURS;

function when(moment: Moment, screen: Screen): { readonly clock: string; readonly phase: string } {
  const hour = hourOf(moment, screen);
  return hour < DAY_HOURS
    ? { clock: clockAt(hour), phase: phaseAt(hour).name }
    : { clock: "the day is over", phase: "the last ones are served" };
}

function blockOf(
  moment: Moment,
  screen: Screen,
  rates: { readonly orders: number; readonly events: number },
  perSlot: readonly number[],
): string[] {
  const { counts, checkoutMs, eventMs, flash, oversold, backlog, charges, revenue, paid } = moment;
  const { clock, phase } = when(moment, screen);
  const row = (label: string, text: string): string => `  ${styleText("dim", label.padEnd(LABEL_CHARS))}${text}`;
  const strong = (text: string): string => styleText("bold", text);
  const left = flash.received - flash.sold - flash.reserved;
  return [
    "",
    `  ${strong(clock)}  ${phase}`,
    `  ${bar(Math.min(1, moment.at / screen.dayMs))}`,
    "",
    row(
      "orders",
      `${strong(count(counts.accepted))} of ${count(screen.orders)}   ${rates.orders.toFixed(0)}/s   ${count(paid)} paid`,
    ),
    row("revenue", styleText("bold", money(revenue))),
    row("shoppers", `${count(counts.inside)} in the shop, ${count(counts.visits)} came`),
    row("checkout", checkoutMs ? `p50 ${span(checkoutMs.p50)}   p99 ${strong(span(checkoutMs.p99))}` : "none yet"),
    row("backlog", `${count(charges)} charges, ${count(backlog)} messages${asOf(moment)}`),
    row(
      "events",
      `${count(rates.events)}/s   ${eventMs ? `on the board: p50 ${span(eventMs.p50)}   p99 ${span(eventMs.p99)}` : ""}`,
    ),
    row("flash sale", `${count(left)} of ${count(flash.received)} left, ${count(counts.sold_out)} came too late`),
    row("oversold", oversold === 0 ? styleText("green", "0") : styleText(["red", "bold"], `${count(oversold)} units`)),
    row(
      "network",
      `${count(counts.unanswered)} without an answer, ${count(counts.retries)} asked again, ${count(counts.double_clicks)} double clicks`,
    ),
    "",
    row("orders", sparkline(perSlot)),
    "",
  ];
}

const asOf = ({ ageMs }: Moment): string => (ageMs < STALE_MS ? "" : ` (${span(ageMs)} ago)`);

function plainLine(moment: Moment, screen: Screen, perSecond: number): string {
  const { counts, checkoutMs, charges, backlog, revenue, oversold, eventMs } = moment;
  const { clock, phase } = when(moment, screen);
  return [
    `${clock} ${phase}`,
    `${count(counts.accepted)} of ${count(screen.orders)} orders (${perSecond.toFixed(0)}/s)`,
    `${count(counts.inside)} shoppers`,
    checkoutMs ? `checkout p50 ${span(checkoutMs.p50)} p99 ${span(checkoutMs.p99)}` : "no checkout",
    `backlog ${count(charges)} charges ${count(backlog)} messages${asOf(moment)}`,
    eventMs ? `events p99 ${span(eventMs.p99)}` : "no events",
    money(revenue),
    `oversold ${count(oversold)}`,
  ].join(", ");
}

function bar(part: number): string {
  const eighths = Math.round(part * CHART_CHARS * 8);
  const whole = FULL.repeat(Math.floor(eighths / 8));
  const rest = eighths % 8 === 0 ? "" : (PARTS[eighths % 8] ?? "");
  return `${whole}${rest}`.padEnd(CHART_CHARS, "·");
}

function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  const barOf = (value: number): string =>
    BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? "";
  return values.map(barOf).join("");
}

/** A line that is cut loses its colours, so that none of them leaks. */
function fit(line: string, columns: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length < columns ? line : bare.slice(0, columns - 1);
}
