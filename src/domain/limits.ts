/** Everything that comes from outside or grows has a limit here, named with its unit. */
export const LIMITS = {
  bodyBytes: 64 * 1024,
  webhookBytes: 256 * 1024,
  linesPerCart: 100,
  quantityPerLine: 999,
  skuChars: 64,
  nameChars: 200,
  emailChars: 254,
  textChars: 500,
  searchChars: 100,
  pageDefault: 20,
  pageMax: 100,
  idempotencyKeyChars: 255,
  idempotencyRepliesPerObject: 1_000,
  requestIdChars: 128,
  urlChars: 2_048,
  /** JSON text; 3D Secure 2 carries certificates in it. */
  nextActionChars: 32_000,
  waitMaxSeconds: 30,
  priceMinorUnits: 99_999_999,
  stockUnits: 10_000_000,
  apiKeys: 1_000,
  writeKeys: 200,
  originsPerKey: 50,
  /** Failed operations in one report of an isolate; the rest comes with the next. */
  reportErrors: 100,
  /** Failed operations that a decision shows as its evidence. */
  decisionSamples: 20,
  webhookEndpoints: 50,
  webhookFilters: 20,
  /** Deliveries that wait at one endpoint. */
  webhookBacklog: 10_000,
  /** Deliveries that have ended and are still listed, per endpoint. */
  webhookLog: 20_000,
  /** Tracking, as Segment's API has it: one request, one event in it, events in a request, and the length of a message id. */
  trackingBytes: 500 * 1024,
  eventBytes: 32 * 1024,
  eventsPerBatch: 2_500,
  messageIdChars: 100,
  /** Events that a shard is handed in one call, 35 bytes each, and that it commits together. */
  eventsPerApply: 25_000,
  /** Of one minute of event time in one shard; beyond it the older half is forgotten. 8 bytes each stored, up to 24 in memory. */
  idsPerBucket: 2_000_000,
  /** Tables of ids that a shard keeps in memory, at any time; only a single one may be larger, as `idsPerBucket` lets it. */
  idBytesPerShard: 32 * 1024 * 1024,
  /** Visitors whose session a shard follows at once, 25 bytes each. */
  sessionsPerShard: 500_000,
  /** Products that a slice tells apart, and (product, minute) rows that it keeps, 20 bytes each. */
  productsPerSlice: 50_000,
  productMinutesPerSlice: 1_000_000,
  /**
   * A delta from a shard to a slice is closed beyond this, and then holds as much more as one commit (durable-objects/group-commit.ts) at most: it is
   * a record of its own in storage, which takes 2 MB.
   */
  bytesPerDelta: 400_000,
  /** Deltas of one call to a slice, unless a single one is larger. The slice stores them in one record. */
  bytesPerPush: 1_000_000,
  /** How far a bill may look back, and how long its hours are kept. */
  costHours: 31 * 24,
  /** Of the live board: sockets, a message from one, messages from one in a second, and characters sent to one that it has not confirmed. */
  liveSockets: 1_000,
  liveRequestChars: 1_024,
  liveRequestsPerSecond: 10,
  liveUnseenChars: 4 * 1024 * 1024,
  /** What may wait for one shard, durable. A full spill refuses, and then the queue keeps the messages. */
  spillBytesPerShard: 4 * 1024 * 1024 * 1024,
  /** Products by trend, and as many by revenue, on the board. */
  boardTop: 100,
  /** Alerts in force on the board that are about products, rules of a shop, and alerts that are over and still listed. */
  boardAlerts: 200,
  alertRules: 200,
  alertHistory: 10_000,
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Durations in ms. */
export const DURATION_MS = {
  /** Replies under an Idempotency-Key are kept this long (Stripe keeps 24 h as well). */
  idempotency: 24 * HOUR,
  /** Work that was started inline is taken over by the alarm after this long. */
  takeover: 5 * SECOND,
  /** A queue send may hang; after this long the row simply stays in the outbox. */
  queueSend: 2 * SECOND,
  /** How much longer a reservation lives than the order that holds it, so that the order always decides first. */
  reservationGrace: 10 * MINUTE,
  /** An order whose charge never came back is given up after this long. */
  pendingPaymentMax: 24 * HOUR,
  /** Bank debits and vouchers may stay `processing` for days; Stripe names up to 14 business days. */
  asyncPaymentMax: 21 * 24 * HOUR,
  /** A claimed reservation is kept this long, so that a repeated claim or a restock finds it. */
  claimKept: 180 * 24 * HOUR,
  /** One delivery of a webhook: connecting, sending, and reading the answer. */
  webhookAttempt: 10 * SECOND,
  /** A delivery that was started and not heard of again (a crash) is started again after this long. */
  webhookLease: MINUTE,
  /** Deliveries that have ended are listed, and recognised when they come again, this long. */
  webhookLog: 7 * 24 * HOUR,
  /** How long the old signing secret goes on signing beside the new one, unless the caller says otherwise. */
  webhookSecretOverlap: 24 * HOUR,
  webhookSecretOverlapMax: 7 * 24 * HOUR,
  /** A live socket that watches and says nothing for this long is closed. */
  liveSilence: MINUTE,
  /** How often the shop is looked at while there is traffic, and while only an alert is in force. */
  alertLook: 10 * SECOND,
  alertLookIdle: MINUTE,
  /** How long a shop without traffic is looked at; longer than any window of a metric that falls without it. */
  alertTraffic: 20 * MINUTE,
  /** The longest mute. */
  alertMuteMax: 30 * 24 * HOUR,
  /** Carts are deleted this long after their last change. */
  cartExpiry: 30 * 24 * HOUR,
} as const;
