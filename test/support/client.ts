/** An answer with its parsed body; tests say what shape they expect. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface OrderBody {
  readonly id: string;
  readonly status: string;
  readonly number: string;
  readonly version: number;
  readonly totals: { readonly total: { readonly amount: number } };
  readonly payment: {
    readonly status: string;
    readonly expected_in_seconds?: number;
    readonly intent?: string;
    readonly client_secret?: string;
    readonly next_action?: { readonly type: string };
    readonly error?: { readonly code: string; readonly decline_code?: string };
    readonly captured: { readonly amount: number };
    readonly refunded: { readonly amount: number };
  };
}

export interface CartBody {
  readonly id: string;
  readonly status: string;
  readonly order_id?: string;
  readonly version: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly unit_price: { readonly amount: number };
  }[];
  readonly totals: { readonly total: { readonly amount: number } };
}

export interface ProblemBody {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly [member: string]: unknown;
}

interface Send {
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const POLL_MS = 50;

/** The shop over HTTP, as a shopper, an operator and the payment provider see it. */
export class ShopClient {
  readonly origin: string;
  readonly stripeUrl: string;
  readonly adminKey: string;

  constructor(origin: string, stripeUrl: string, adminKey: string) {
    this.origin = origin;
    this.stripeUrl = stripeUrl;
    this.adminKey = adminKey;
  }

  send<T = Record<string, unknown>>(method: string, path: string, options: Send = {}): Promise<Answer<T>> {
    return this.#send(this.origin, method, path, options);
  }

  admin<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.send(method, path, { body, headers: { authorization: `Bearer ${this.adminKey}` } });
  }

  /** The stand-in's control path. */
  control<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.#send(this.stripeUrl, method, `/_control${path}`, { body });
  }

  /** The stand-in's own API, as the provider's dashboard would ask it. */
  stripe<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    return this.#send(this.stripeUrl, "GET", path, { headers: { authorization: "Bearer sk_test_standin" } });
  }

  /** A product of its own, with stock. */
  async stock(units: number, price: number = 2_000): Promise<string> {
    const sku = `T-${crypto.randomUUID().slice(0, 8)}`;
    const product = { name: `Test ${sku}`, category: "test", brand: "Test", price: { amount: price, currency: "USD" } };
    await expectStatus(200, this.admin("PUT", `/admin/v1/products/${sku}`, product), 201);
    if (units > 0)
      await expectStatus(200, this.admin("POST", `/admin/v1/stock/${sku}/adjust`, { delta: units, reason: "test" }));
    return sku;
  }

  /** A new write key of the tracking API. */
  async writeKey(kind: "public" | "secret", options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const asked = this.admin<{ key: string }>("POST", "/admin/v1/write-keys", { name: "test", kind, ...options });
    return (await expectStatus(201, asked)).body.key;
  }

  async level(sku: string): Promise<{ received: number; on_hand: number; sold: number; reserved: number }> {
    const { body } = await expectStatus(200, this.admin<{ stock?: never }>("GET", `/admin/v1/stock/${sku}`));
    return body as never;
  }

  async cart(lines: Readonly<Record<string, number>> = {}): Promise<string> {
    const { body } = await expectStatus(201, this.send<CartBody>("POST", "/v1/carts", { body: {} }));
    for (const [sku, quantity] of Object.entries(lines)) {
      await expectStatus(200, this.send("POST", `/v1/carts/${body.id}/lines`, { body: { sku, quantity } }));
    }
    return body.id;
  }

  checkout<T = OrderBody>(
    cartId: string,
    payment: Record<string, string> = { payment_method: "pm_card_visa" },
    key: string = crypto.randomUUID(),
  ) {
    return this.send<T>("POST", `/v1/carts/${cartId}/checkout`, {
      body: { payment },
      headers: { "idempotency-key": key },
    });
  }

  async order(id: string): Promise<OrderBody> {
    return (await expectStatus(200, this.send<OrderBody>("GET", `/v1/orders/${id}`))).body;
  }

  /** Once the consumers have taken everything out of this queue. What they took last may still be at work. */
  async drained(queue: string): Promise<void> {
    const backlog = async (): Promise<number | undefined> => {
      const path = "/admin/v1/metrics";
      const { body } = await this.admin<{ queues: { queue: string; backlog: number }[] }>("GET", path);
      return body.queues.find((entry) => entry.queue === queue)?.backlog;
    };
    await until(backlog, (count) => count === 0);
  }

  /** Buys, and waits until the order has come to rest. */
  async buy(lines: Readonly<Record<string, number>>, payment?: Record<string, string>): Promise<OrderBody> {
    const placed = await expectStatus(201, this.checkout(await this.cart(lines), payment));
    return this.settled(placed.body.id);
  }

  /** The order once `test` holds for it, by default once it waits for nothing of ours. */
  async settled(
    id: string,
    test: (order: OrderBody) => boolean = isSettled,
    timeoutMs: number = 20_000,
  ): Promise<OrderBody> {
    return until(() => this.order(id), test, timeoutMs);
  }

  async #send<T>(origin: string, method: string, path: string, { body, raw, headers = {} }: Send): Promise<Answer<T>> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const init: RequestInit = { method, headers: { ...json, ...headers }, redirect: "manual" };
    if (raw !== undefined || body !== undefined) init.body = raw ?? JSON.stringify(body);
    const response = await fetch(origin + path, init);
    const text = await response.text();
    // SAFETY: the test names the shape it expects and fails where it is another.
    const parsed = (isJson(response) && text !== "" ? JSON.parse(text) : text) as T;
    return { status: response.status, headers: response.headers, body: parsed };
  }
}

const isJson = (response: Response): boolean => response.headers.get("content-type")?.includes("json") ?? false;

const isSettled = (order: OrderBody): boolean => !["placing", "awaiting_payment"].includes(order.status);

/** Polls until `test` holds; fails with what it last saw. */
export async function until<T>(
  read: () => Promise<T>,
  test: (value: T) => boolean,
  timeoutMs: number = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (test(value)) return value;
    if (Date.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function expectStatus<T>(
  status: number,
  answer: Promise<Answer<T>>,
  orStatus: number = status,
): Promise<Answer<T>> {
  const given = await answer;
  if (given.status !== status && given.status !== orStatus) {
    throw new Error(`answered ${given.status}, not ${status}: ${JSON.stringify(given.body)}`);
  }
  return given;
}
