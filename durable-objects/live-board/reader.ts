import { ageMs } from "../../src/domain/age.ts";
import { shopFigures, type ShopFigures } from "../../src/domain/alerts/figures.ts";
import { ledgerOf, mergeBoard } from "../../src/domain/board/board.ts";
import { type ShopDay, shopDay } from "../../src/domain/board/day.ts";
import { type ListKey, listKey, productPage, type ProductListQuery } from "../../src/domain/board/list.ts";
import { boardProducts, productDetail, productRow } from "../../src/domain/board/products.ts";
import {
  allShards,
  allSlices,
  parseRouting,
  parseSlices,
  sliceIndex,
  sliceName,
} from "../../src/domain/events/routing.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import type { Board, EventLedger, Freshness, ProductDetail, ProductRow } from "../../src/domain/live.ts";
import { LocalDays } from "../../src/domain/local-day.ts";
import { ok, refuse, type Result } from "../../src/domain/result.ts";
import { PIPELINE } from "../../src/domain/pipeline/stages.ts";
import { log } from "../../src/platform/log.ts";
import { BoardAlerts } from "./alerts.ts";
import { Puller, type Receipt } from "./puller.ts";
import { within } from "../within.ts";

/** What was read may be this old, so that many who ask are one pull. */
const FRESH_MS = 250;
/** A list of products, or one of them, may take a slice this long; after that it counts as silent. */
const LIST_MS = 5_000;
const SPILLED_MS = 1_000;

/** Sources that have not answered since this board started: without them a count would be too small. */
export type Unanswered = { readonly reason: "sources_silent"; readonly sources: readonly string[] };
export type LedgerReply = Result<{ readonly ledger: EventLedger; readonly stale: readonly string[] }, Unanswered>;
export type ProductsReply = Result<readonly { readonly key: ListKey; readonly row: ProductRow }[], Unanswered>;
export type DetailReply = Result<ProductDetail | null, Unanswered>;

/** Reads the shards and slices, for the frames and for whoever asks. */
export class BoardReader {
  readonly #env: ObjectsEnv;
  readonly #puller: Puller;
  readonly #days: LocalDays;
  readonly #alerts: BoardAlerts;
  #pulling: Promise<void> | undefined;
  #pulledAt = 0;
  #spilled = 0;

  constructor(env: ObjectsEnv) {
    this.#env = env;
    this.#days = new LocalDays(env.SHOP_TIME_ZONE);
    this.#alerts = new BoardAlerts(env);
    this.#puller = new Puller({
      askShard: (name, seen) => env.EVENT_SHARD.getByName(name).summary(seen),
      askSlice: (name, query) => env.PRODUCT_METRICS.getByName(name).summary(query),
      now: Date.now,
    });
  }

  /** Whoever asks while a pull is under way shares it; inside one object a promise may be shared. */
  async pull(): Promise<void> {
    if (ageMs(this.#pulledAt, Date.now()) < FRESH_MS) return;
    this.#pulling ??= this.#pullOnce().finally(() => {
      this.#pulling = undefined;
    });
    await this.#pulling;
  }

  /** The alerts alone, and now: they do not wait for a pull of everything else. */
  async pullAlerts(): Promise<void> {
    await this.#alerts.pull(Date.now());
  }

  /** The next pull asks for them again. */
  forgetAlerts(): void {
    this.#alerts.forget();
  }

  takeReceipts(): readonly Receipt[] {
    return this.#puller.takeReceipts();
  }

  board(now: number, eventToFrame: Freshness["event_to_frame_ms"]): Board {
    return mergeBoard(
      { ...this.#puller.sources, spilled: this.#spilled },
      {
        now,
        day: this.#day(now),
        currency: this.#env.CURRENCY,
        top: LIMITS.boardTop,
        alerts: this.#alerts.view,
        newestEventAt: this.#puller.newestEventAt,
        eventToFrame,
      },
    );
  }

  /** What alert rules watch; nothing when not every shard has answered. */
  async figures(eventToFrame: Freshness["event_to_frame_ms"]): Promise<ShopFigures | undefined> {
    await this.pull();
    const now = Date.now();
    const { CURRENCY: currency } = this.#env;
    return shopFigures(this.#puller.sources.shards, { now, day: this.#day(now), currency, eventToFrame });
  }

  /** Counts of events and facts. Refused rather than too small. */
  async ledger(): Promise<LedgerReply> {
    await this.pull();
    const { shards, slices } = this.#puller.sources;
    const silent = [...shards, ...slices].filter(({ summary }) => summary === null).map(({ name }) => name);
    if (silent.length > 0) return refuse({ reason: "sources_silent", sources: silent });
    const stale = [...shards, ...slices].filter(({ staleSince }) => staleSince !== null).map(({ name }) => name);
    return ok({ ledger: ledgerOf({ shards, slices, spilled: this.#spilled }), stale });
  }

  /** Of all products that the slices know, not only of those on the board. Ranks are those of the board. */
  async products(query: ProductListQuery): Promise<ProductsReply> {
    const { CURRENCY: currency, PRODUCT_METRICS: objects } = this.#env;
    const { slices } = this.#names();
    const ask = { ...query, currency, dayStartsAt: this.#day(Date.now()).startsAt };
    const [asked] = await Promise.all([
      Promise.allSettled(slices.map((name) => within(LIST_MS, objects.getByName(name).list(ask)))),
      this.pull(),
    ]);
    const answers = asked.map((answer) => (answer.status === "fulfilled" ? answer.value?.value : undefined));
    const silent = slices.filter((_name, index) => !answers[index]);
    if (silent.length > 0) return refuse({ reason: "sources_silent", sources: silent });
    const rankOf = this.#ranks();
    const merged = answers.flatMap((answer) => answer ?? []);
    const rows = productPage(merged, currency, query).map((figures) => ({
      key: listKey(figures, query.sort, currency),
      row: productRow(figures, currency, rankOf(figures.sku)),
    }));
    return ok(rows);
  }

  /** Nothing when no event and no order named such a SKU. */
  async product(sku: string): Promise<DetailReply> {
    const { CURRENCY: currency, PRODUCT_METRICS: objects, PRODUCT_SLICES } = this.#env;
    const slice = sliceName(sliceIndex(sku, parseSlices(PRODUCT_SLICES)));
    const [answer] = await Promise.all([within(LIST_MS, objects.getByName(slice).detail(sku)), this.pull()]);
    if (!answer) return refuse({ reason: "sources_silent", sources: [slice] });
    return ok(answer.value && productDetail(answer.value, currency, this.#ranks()(sku)));
  }

  async #pullOnce(): Promise<void> {
    await Promise.all([
      this.#puller.pull(this.#names(), this.#day(Date.now()), LIMITS.boardTop),
      this.#alerts.pull(Date.now()),
      this.#askForSpilled(),
    ]);
    this.#pulledAt = Date.now();
  }

  /** A coordinator that does not answer makes no shard's count wrong; what it last said stays. */
  async #askForSpilled(): Promise<void> {
    try {
      const asked = await within(SPILLED_MS, this.#env.PIPELINE_COORDINATOR.getByName(PIPELINE).spilled());
      if (asked) this.#spilled = asked.value.events;
    } catch (error) {
      log("warn", "spilled_unknown", { error: String(error) });
    }
  }

  /** Of all routing epochs: figures of an earlier one are still where they were folded. */
  #names(): { readonly shards: string[]; readonly slices: string[] } {
    const { EVENT_SHARDS, PRODUCT_SLICES } = this.#env;
    return { shards: allShards(parseRouting(EVENT_SHARDS)), slices: allSlices(parseSlices(PRODUCT_SLICES)) };
  }

  #day(now: number): ShopDay {
    return shopDay(now, this.#env.SHOP_TIME_ZONE, this.#days);
  }

  /** Of the products on the board, by trend. */
  #ranks(): (sku: string) => number | null {
    const rows = boardProducts(this.#puller.sources.slices, this.#env.CURRENCY, LIMITS.boardTop);
    const ranks = new Map(rows.map(({ sku, trend }) => [sku, trend.rank]));
    return (sku) => ranks.get(sku) ?? null;
  }
}
