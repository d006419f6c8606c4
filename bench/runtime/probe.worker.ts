/**
 * A Worker beside the shop's own that calls one of its objects and does nothing else: `POST /reserve/{sku}/{order}` and `/release/{sku}/{order}`.
 * So an object's own rate can be measured, without the door and the order that stand before it. Its types are only written here; `serve.ts`
 * strips them.
 */
interface StockCalls {
  reserve(request: {
    readonly sku: string;
    readonly orderId: string;
    readonly quantity: number;
    readonly expiresAt: number;
  }): Promise<{ readonly ok: boolean }>;
  release(request: { readonly sku: string; readonly orderId: string }): Promise<void>;
}

interface ProbeEnv {
  readonly STOCK: { getByName(sku: string): StockCalls };
}

const HOLD_MS = 15 * 60_000;

export default {
  async fetch(request: Request, env: ProbeEnv): Promise<Response> {
    const [, verb, sku = "", orderId = ""] = new URL(request.url).pathname.split("/");
    const stock = env.STOCK.getByName(sku);
    switch (verb) {
      case "reserve": {
        const reply = await stock.reserve({ sku, orderId, quantity: 1, expiresAt: Date.now() + HOLD_MS });
        return Response.json(reply, { status: reply.ok ? 200 : 409 });
      }
      case "release":
        await stock.release({ sku, orderId });
        return Response.json({ ok: true });
      default:
        return new Response(null, { status: 404 });
    }
  },
};
