/** A setting that takes effect without a deployment, within bounds that nobody can leave. */
export interface SettingBounds {
  /** What holds until somebody applies advice, and wherever the cost book has not been heard of for long. */
  readonly usual: number;
  readonly min: number;
  readonly max: number;
}

/** Few, and none of them touches money or what is counted. Lifetimes in seconds. */
export const SETTINGS = {
  /** A product in the cache of an edge location. Checkout reads prices from the database. */
  catalog_item_s: { usual: 5, min: 1, max: 30 },
  /** A list or search there. */
  catalog_page_s: { usual: 2, min: 1, max: 30 },
  /** Name, category and brand of a product in an isolate of analytics. No figure depends on them. */
  enrichment_s: { usual: 300, min: 60, max: 3_600 },
  /** The share of everyday log lines that is written; warnings and errors always are. */
  log_share: { usual: 1, min: 0.1, max: 1 },
} as const satisfies Readonly<Record<string, SettingBounds>>;

export type SettingName = keyof typeof SETTINGS;
export type Settings = Readonly<Record<SettingName, number>>;

// SAFETY: the keys of the constant above are the names of settings.
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export const USUAL: Settings = {
  catalog_item_s: SETTINGS.catalog_item_s.usual,
  catalog_page_s: SETTINGS.catalog_page_s.usual,
  enrichment_s: SETTINGS.enrichment_s.usual,
  log_share: SETTINGS.log_share.usual,
};

/** The nearest value that is allowed. */
export function bounded(name: SettingName, value: number): number {
  const { min, max } = SETTINGS[name];
  return Math.min(max, Math.max(min, value));
}

/** What an isolate is told, and for how long it may act on it. */
export interface SettingsLease {
  readonly epoch: number;
  readonly settings: Settings;
}

/** An isolate that has not heard of the book for so long does what was deployed, in ms. */
export const SETTINGS_LEASE_MS = 150_000;
/**
 * How often an isolate that is at work tells its counts, and hears of the settings, in ms: soon at first, because many isolates do not live long, then half as
 * often each time, until it is once a minute.
 */
export const TELL_FIRST_MS = 5_000;
export const TELL_EVERY_MS = 60_000;
